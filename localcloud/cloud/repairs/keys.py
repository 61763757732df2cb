"""KMS: a key policy whose only statement is not in a list, and the public key that no key has.

Sources: "Grammar of the IAM JSON policy language": ``Statement`` is one statement or a list of
them. moto takes the keys of a single one for statements, and every later DescribeKey fails.
"GetPublicKey": of an asymmetric KMS key. moto makes an RSA key pair for every key, which takes
longer than all the rest of CreateKey, and hands it out.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms import models, responses

from localcloud.cloud.repairs.patches import once

_SYMMETRIC = ("SYMMETRIC_", "HMAC_")


@once
def install() -> None:
    """Repair moto's reading of key policies, and what symmetric keys are made of."""
    # Both take the function by name, so it is replaced there.
    reading: Any = responses
    reading.validate_policy = _around(reading.validate_policy)
    making: Any = models
    making.generate_private_key = _for_asymmetric_keys(making.generate_private_key)


def _for_asymmetric_keys(stock: Callable[[str], Any]) -> Callable[[str], Any]:
    def generate(key_spec: str) -> Any:
        return _NoKeyPair() if key_spec.startswith(_SYMMETRIC) else stock(key_spec)

    return generate


class _NoKeyPair:
    """The key pair of a symmetric key."""

    def public_key(self) -> bytes:
        """Refuse, as KMS does."""
        raise JsonRESTError("UnsupportedOperationException", "the KMS key is symmetric")


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
