"""When two property values mean the same to AWS.

Lists are sets unless said otherwise (AWS returns subnets, security groups and rules in any order);
JSON texts are compared by content, policies also with the freedoms that the IAM policy grammar
allows (one element or a list of one, statements and elements in any order; source: "IAM JSON
policy elements reference"); archives by hash; and nothing, an empty list, an empty map and an
empty text are all "not set".
"""

import json
from collections.abc import Mapping
from typing import Any

from localcloud.provider.wire import is_archive, is_unknown

_SETS_IN_POLICIES = {
    "Statement",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}


def same(left: Any, right: Any, *, ordered: bool = False) -> bool:
    """Say whether two values mean the same; with ``ordered``, the order of lists counts."""
    if _is_unset(left) and _is_unset(right):
        return True
    return bool(_canonical(left, ordered) == _canonical(right, ordered))


def changed_properties(
    old: Mapping[str, Any], new: Mapping[str, Any], ordered: frozenset[str] = frozenset()
) -> set[str]:
    """Return the names of the properties that differ; an unknown new value counts as different."""
    return {
        name
        for name in {*old, *new}
        if is_unknown(new.get(name))
        or not same(old.get(name), new.get(name), ordered=name in ordered)
    }


def list_difference(left: Any, right: Any) -> list[Any]:
    """Return the elements of the left list that the right one lacks (None is an empty list)."""
    if is_unknown(left):
        return []
    others = right if isinstance(right, list) else []
    return [item for item in left or [] if not any(same(item, other) for other in others)]


def canonical_document(text: str) -> Any:
    """Return the content of a JSON text in one canonical form; raises ValueError if it is none."""
    document = json.loads(text)
    if isinstance(document, dict) and "Statement" in document:
        return {
            key: _canonical_policy(value) if key in _SETS_IN_POLICIES else value
            for key, value in document.items()
        }
    return document


def _canonical(value: Any, ordered: bool) -> Any:
    if is_archive(value):
        return ("archive", value.get("hash"))
    if isinstance(value, Mapping):
        items = {key: _canonical(item, ordered) for key, item in value.items()}
        return {key: item for key, item in items.items() if not _is_unset(item)}
    if isinstance(value, list):
        elements = [_canonical(item, ordered) for item in value]
        return elements if ordered else sorted(elements, key=_sort_key)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return canonical_document(value)
        except ValueError:
            return value
    return value


def _canonical_policy(value: Any) -> Any:
    """Return a part of a policy with single elements as lists, and lists sorted."""
    if isinstance(value, Mapping):
        return {key: _canonical_policy(item) for key, item in value.items()}
    elements = value if isinstance(value, list) else [value]
    parts = [_canonical_policy(e) if isinstance(e, Mapping) else e for e in elements]
    return sorted(parts, key=_sort_key)


def _sort_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_unset(value: Any) -> bool:
    return value is None or value in ("", [], {})
