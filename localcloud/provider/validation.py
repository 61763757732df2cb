"""A request held against botocore's model of the operation, before it is sent.

The models carry what AWS enforces: required members, enumerations, patterns, lengths, ranges.
Botocore itself checks only types and required members. Values that are not known yet pass.
Patterns are Java's: ``\\p{...}`` classes are translated, and a pattern that Python cannot compile
is left to the service.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.provider.models import operation_model
from localcloud.provider.wire import UNKNOWN


@dataclass(frozen=True)
class Violation:
    """One fault of a request: where it is (``Member.Inner[0]``) and what is wrong."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def violations(service: str, operation: str, request: Mapping[str, Any]) -> list[Violation]:
    """Return every fault that the model of the operation finds in a request."""
    shape = operation_model(service, operation).input_shape
    return [] if shape is None else list(_check(shape, dict(request), ""))


def _check(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, str) and value == UNKNOWN:
        return
    if isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield Violation(path, "must be a list")
            return
        yield from _check_size(shape, len(value), path, "elements")
        for index, item in enumerate(value):
            yield from _check(shape.member, item, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        yield from _check_map(shape, value, path)
    elif shape.type_name == "string":
        yield from _check_string(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _check_number(shape, value, path)


def _check_structure(shape: StructureShape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, "must be a structure")
        return
    for name in shape.required_members:
        if name not in value:
            yield Violation(_join(path, name), "is required")
    for name, item in value.items():
        if name in shape.members:
            yield from _check(shape.members[name], item, _join(path, name))
        else:
            yield Violation(_join(path, name), "is not a member that the operation has")


def _check_map(shape: MapShape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation(path, "must be a map")
        return
    yield from _check_size(shape, len(value), path, "entries")
    for key, item in value.items():
        yield from _check(shape.key, key, f"{path} key {key!r}")
        yield from _check(shape.value, item, f"{path}[{key!r}]")


def _check_string(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, str):
        yield Violation(path, "must be a string")
        return
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield Violation(path, f"{_shown(shape, value)} is not one of {', '.join(allowed[:40])}")
    yield from _check_size(shape, len(value), path, "characters")
    expression = _compiled(shape.metadata.get("pattern", ""))
    if expression is not None and not expression.fullmatch(value):
        pattern = shape.metadata["pattern"]
        yield Violation(path, f"{_shown(shape, value)} does not match {pattern}")


def _check_number(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Violation(path, "must be a number")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield Violation(path, f"{value} is less than {low}")
    if high is not None and value > high:
        yield Violation(path, f"{value} is more than {high}")


def _check_size(shape: Shape, size: int, path: str, unit: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield Violation(path, f"has {size} {unit}, at least {low} are needed")
    if high is not None and size > high:
        yield Violation(path, f"has {size} {unit}, at most {high} are allowed")


def _shown(shape: Shape, value: str) -> str:
    if shape.metadata.get("sensitive") or "password" in shape.name.lower():
        return "the value"
    return repr(value if len(value) <= 80 else value[:77] + "...")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_CLASSES = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f",
    "Digit": "0-9",
    "Graph": "!-~",
    "IsL": r"^\W\d_",
    "L": r"^\W\d_",
    "LD": "a-zA-Z0-9",
    "Ll": "a-z",
    "Lower": "a-z",
    "Lu": "A-Z",
    "N": "0-9",
    "Nd": "0-9",
    "P": r"!-/:-@\[-_{}",
    "Pc": "_",
    "Pd": r"\-",
    "Print": " -~",
    "Punct": r"!-/:-@\[-`{-~",
    "S": r"$+<=>^`|~",
    "Sc": "$",
    "Sm": "+<=>|~",
    "Space": r" \t\n\r",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
    "Z": " ",
    "Zs": " ",
}
"""Java's character classes, in Python's terms. A negated entry cannot stand inside brackets."""

_INSIDE_BRACKETS = {"IsL": "a-zA-Z\u00c0-\uffff", "L": "a-zA-Z\u00c0-\uffff"}


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a Java pattern for Python, or None when there is none or Python cannot have it."""
    if not pattern:
        return None
    try:
        return re.compile(_translate(pattern))
    except (re.error, KeyError):
        return None


def _translate(pattern: str) -> str:
    """Return the pattern with ``\\p{...}``, ``\\x{...}`` and ``\\z`` in Python's words.

    Raises KeyError for what has no translation: an unknown or negated class, a set within a set.
    """
    if r"\P" in pattern:
        raise KeyError(pattern)
    parts: list[str] = []
    position, depth = 0, 0
    for match in re.finditer(r"\\p\{(\w+)\}|\\[xu]\{?([0-9A-Fa-f]{4,6})\}?|\\.|[\[\]]", pattern):
        parts.append(pattern[position : match.start()])
        position = match.end()
        depth += {"[": 1, "]": -1}.get(match.group(), 0)
        if depth > 1:
            raise KeyError(pattern)
        parts.append(_translated(match, inside=depth > 0))
    return "".join(parts) + pattern[position:]


def _translated(match: re.Match[str], *, inside: bool) -> str:
    name, code = match.groups()
    if name is not None:
        if inside:
            return _INSIDE_BRACKETS.get(name, _CLASSES[name])
        return f"[{_CLASSES[name]}]"
    if code is not None:
        return re.escape(chr(int(code, 16))) if int(code, 16) < 0x110000 else ""
    return r"\Z" if match.group() == r"\z" else match.group()
