"""KMS: a key policy whose only statement is not in a list.

Source: "Grammar of the IAM JSON policy language": ``Statement`` is one statement or a list of
them. moto takes the keys of a single one for statements, and every later DescribeKey fails.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.kms import responses

from localcloud.cloud.repairs.patches import once


@once
def install() -> None:
    """Repair moto's reading of key policies."""
    module: Any = responses  # it takes the function by name, so it is replaced there
    module.validate_policy = _around(module.validate_policy)


def _around(stock: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def validate(key: Any, action: str) -> None:
        stock(_WithListedStatements(key), action)

    return validate


class _WithListedStatements:
    """What moto's check reads of a key: its ARN, and its policy with the statements in a list."""

    def __init__(self, key: Any) -> None:
        self.arn = key.arn
        self.policy = _listed(key.policy)


def _listed(text: Any) -> Any:
    try:
        policy = json.loads(text)
    except (TypeError, ValueError):
        return text
    if isinstance(policy, dict) and isinstance(policy.get("Statement"), dict):
        policy["Statement"] = [policy["Statement"]]
    return json.dumps(policy)
