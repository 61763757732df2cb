"""Paths to properties (`tags.owner`, `rules[0].port`, `rules[*]`, `tags["a.b"]`) and their uses.

Grammar: pulumi/pulumi, sdk/go/common/resource/property_path.go.
"""

import re
from collections.abc import Iterable
from typing import Any

from deploy.engines.embedded.values import Properties

WILDCARD = "*"
Key = str | int
Path = tuple[Key, ...]

_PART = re.compile(r'\.?([^.\[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]')


def parse(path: str) -> Path:
    """Return the keys of a property path; list indices are `int`, `*` matches every element."""
    keys: list[Key] = []
    for name, quoted, index in _PART.findall(path):
        if index.isdigit():
            keys.append(int(index))
        else:
            keys.append(name or quoted.replace('\\"', '"') or WILDCARD)
    return tuple(keys)


def covers(pattern: str, path: str) -> bool:
    """Return whether `path` lies at or below `pattern`, or contains it (either has the change)."""
    return all(
        expected in (WILDCARD, actual) or actual == WILDCARD
        for expected, actual in zip(parse(pattern), parse(path), strict=False)
    )


def with_old_values(new: Properties, old: Properties, ignored: Iterable[str]) -> Properties:
    """Return `new` with the properties at the `ignored` paths as they are in `old`.

    This is what `ignore_changes` does: a property that the old inputs lack is removed.
    """
    result: Any = new
    for path in ignored:
        result = _reset(result, old, parse(path))
    kept: Properties = result
    return kept


def _reset(new: Any, old: Any, path: Path) -> Any:
    key, rest = path[0], path[1:]
    if key == WILDCARD:
        for each in _shared_keys(new, old):
            new = _reset(new, old, (each, *rest))
        return new
    if not isinstance(new, dict | list):
        return new
    copy: Any = new.copy()
    if rest:
        if _has(copy, key):
            copy[key] = _reset(copy[key], old[key] if _has(old, key) else {}, rest)
    elif _has(old, key) and (isinstance(copy, dict) or _has(copy, key)):
        copy[key] = old[key]
    elif isinstance(copy, dict) and not _has(old, key):
        copy.pop(key, None)
    return copy


def _shared_keys(new: Any, old: Any) -> list[Key]:
    if isinstance(new, list) and isinstance(old, list):
        return list(range(min(len(new), len(old))))
    if isinstance(new, dict) and isinstance(old, dict):
        return sorted({*new, *old})
    return []


def _has(container: Any, key: Key) -> bool:
    if isinstance(container, dict):
        return key in container
    return isinstance(container, list) and isinstance(key, int) and key < len(container)
