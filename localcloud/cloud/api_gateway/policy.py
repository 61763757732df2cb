"""Evaluates the IAM policy that a Lambda authorizer returns, for one method.

An explicit deny wins, then an allow, else the request is denied ("Policy evaluation logic", IAM
User Guide; "Output from an API Gateway Lambda authorizer").
"""

import re
from enum import Enum, auto
from typing import Any

_ACTION = "execute-api:Invoke"


class PolicyError(ValueError):
    """The policy is not one that can be evaluated; API Gateway answers 500."""


class Decision(Enum):
    """What a policy says of a method."""

    ALLOWED = auto()
    DENIED = auto()
    EXPLICITLY_DENIED = auto()


def evaluate(policy: Any, method_arn: str) -> Decision:
    """Return what a policy document says of invoking `method_arn`.

    Raises PolicyError when the document is malformed, or uses conditions.
    """
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise PolicyError("the policy document has no Statement")
    decision = Decision.DENIED
    for statement in _listed(policy["Statement"]):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError("a statement has no Effect of Allow or Deny")
        if "Condition" in statement:
            raise PolicyError("the laptop cloud does not implement Condition in such a policy")
        if not _applies(statement, "Action", _ACTION, ignore_case=True):
            continue
        if not _applies(statement, "Resource", method_arn):
            continue
        if statement["Effect"] == "Deny":
            return Decision.EXPLICITLY_DENIED
        decision = Decision.ALLOWED
    return decision


def _applies(
    statement: dict[str, Any], element: str, value: str, *, ignore_case: bool = False
) -> bool:
    flags = re.IGNORECASE if ignore_case else 0
    if element in statement:
        return any(_matches(p, value, flags) for p in _listed(statement[element]))
    if f"Not{element}" in statement:
        return not any(_matches(p, value, flags) for p in _listed(statement[f"Not{element}"]))
    raise PolicyError(f"a statement has no {element}")


def _matches(pattern: Any, value: str, flags: int) -> bool:
    """Match with IAM's wildcards: ``*`` for any characters, ``?`` for exactly one."""
    expression = re.escape(str(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, flags | re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
