"""Whether the ``Condition`` block of a policy statement applies to a request.

Source: "IAM JSON policy elements: Condition operators". All operators of a block must hold; of the
values of one key any may match, or none for a negated operator. A key that the request does not
have makes a positive operator false and a negated one true; ``…IfExists`` makes both true.
"""

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any

Matcher = Callable[[str, str], bool]


def _equal(wanted: str, found: str) -> bool:
    return wanted == found


def _equal_ignoring_case(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower()


def _like(wanted: str, found: str) -> bool:
    return fnmatch.fnmatchcase(found, wanted.replace("[", "[[]"))


_MATCHERS: Mapping[str, Matcher] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_ignoring_case,
}
_NEGATED: Mapping[str, Matcher] = {
    "StringNotEquals": _equal,
    "StringNotEqualsIgnoreCase": _equal_ignoring_case,
    "StringNotLike": _like,
    "ArnNotEquals": _like,
    "ArnNotLike": _like,
}
_IF_EXISTS = "IfExists"

OPERATORS = frozenset({*_MATCHERS, *_NEGATED, "Null"})
"""The operators that are understood, each of them also with ``IfExists`` except ``Null``."""


def unsupported(condition: Mapping[str, Any]) -> list[str]:
    """Return the operators of a block that are not understood."""
    return sorted(name for name in condition if name.removesuffix(_IF_EXISTS) not in OPERATORS)


def applies(condition: Mapping[str, Any], request: Mapping[str, str]) -> bool:
    """Tell whether every operator of the block holds; `request` has condition keys and values.

    Condition keys are compared without regard to case, as AWS does.
    """
    present = {key.lower(): value for key, value in request.items()}
    return all(
        _holds(operator, _texts(wanted), present.get(key.lower()))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: list[str], found: str | None) -> bool:
    if operator == "Null":
        return (found is None) == (wanted[0].lower() == "true")
    name = operator.removesuffix(_IF_EXISTS)
    if found is None:
        return operator.endswith(_IF_EXISTS) or name in _NEGATED
    matches = _MATCHERS.get(name) or _NEGATED[name]
    return any(matches(each, found) for each in wanted) is (name in _MATCHERS)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
