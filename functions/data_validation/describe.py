"""What may be said of a value without showing it: its type, its size, and what kind it is.

Payment data must not reach a report or a log. A description is made to tell apart what is often
confused: NULL and '', 1.0 and 1.00, -0 and 0, trailing blanks, fractions of a second.
"""

import re
from collections.abc import Callable

from functions.data_validation.tables import Column, Kind

NULL = "NULL"
LONGEST_VALUE = 100_000
"""Characters of a text form that are looked at; a longer one comes here cut, with a digest."""
_ARRAY_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|,|[^{},"]+')
_FRACTION = re.compile(r":\d\d\.(\d+)")
_SPECIAL_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})
_INFINITE_TIMES = frozenset({"infinity", "-infinity"})


def describe(value: str | None, column: Column) -> str:
    """Return a description of a value's text form, by the class of its column's type.

    Examples: `NULL`, `empty text`, `text, 12 characters, 1 trailing blank`,
    `numeric, 5 digits, scale 2, negative`, `timestamptz, 6 fractional digits`.
    """
    if value is None:
        return NULL
    if len(value) > LONGEST_VALUE:
        return f"{column.base}, more than {counted(LONGEST_VALUE, 'character')}"
    if column.kind is Kind.BASE:
        return _BASES.get(column.base, _other)(value, column.base)
    return _KINDS[column.kind](value, column.base)


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: `1 row`, `2 rows`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _text(value: str, base: str) -> str:
    if not value:
        return "empty text"
    blanks = len(value) - len(value.rstrip(" "))
    trailing = f", {counted(blanks, 'trailing blank')}" if blanks else ""
    return f"text, {counted(len(value), 'character')}{trailing}"


def _number(value: str, base: str) -> str:
    if value in _SPECIAL_NUMBERS:
        return f"{base} {value}"
    mantissa, _, exponent = value.lower().partition("e")
    whole, point, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    parts = [counted(len(digits), "digit") if digits else "zero"]
    if point:
        parts.append(f"scale {len(fraction)}")
    if exponent:
        parts.append("with exponent")
    if value.startswith("-"):
        parts.append("negative")
    return f"{base}, {', '.join(parts)}"


def _money(value: str, base: str) -> str:
    return f"{base}, {counted(sum(c.isdigit() for c in value), 'digit')}"


def _moment(value: str, base: str) -> str:
    if value in _INFINITE_TIMES:
        return f"{base} {value}"
    fraction = _FRACTION.search(value)
    parts = [base]
    if fraction:
        parts.append(counted(len(fraction[1]), "fractional digit"))
    if value.endswith(" BC"):
        parts.append("BC")
    return ", ".join(parts)


def _bytes(value: str, base: str) -> str:
    size = len(value.removeprefix("\\x")) // 2
    return f"{base}, {counted(size, 'byte')}" if size else f"empty {base}"


def _bits(value: str, base: str) -> str:
    return f"{base}, {counted(len(value), 'bit')}" if value else f"empty {base}"


def _fixed(value: str, base: str) -> str:
    return base


def _other(value: str, base: str) -> str:
    return f"{base}, {counted(len(value), 'character')}" if value else f"empty {base}"


def _array(value: str, base: str) -> str:
    """Count an array's elements and NULLs (manual, "Array Input and Output Syntax")."""
    _, bounds, body = value.partition("={")
    parts = _ARRAY_PARTS.findall("{" + body if bounds else value)
    elements = [part for part in parts if part not in "{},"]
    if not elements:
        return "empty array"
    depth = next(i for i, part in enumerate(parts) if part != "{")
    nulls = elements.count(NULL)
    said = ["array", counted(len(elements), "element")]
    if depth > 1:
        said.append(counted(depth, "dimension"))
    if nulls:
        said.append(f"{nulls:,} NULL")
    if bounds:
        said.append("with bounds")
    return ", ".join(said)


def _label(value: str, base: str) -> str:
    return f"label, {counted(len(value), 'character')}"


def _range(value: str, base: str) -> str:
    return f"empty {base}" if value in ("empty", "{}") else base


def _composite(value: str, base: str) -> str:
    return f"composite, {counted(len(value), 'character')}"


_Describer = Callable[[str, str], str]
_KINDS: dict[Kind, _Describer] = {
    Kind.ARRAY: _array,
    Kind.ENUM: _label,
    Kind.COMPOSITE: _composite,
    Kind.RANGE: _range,
    Kind.MULTIRANGE: _range,
}
_TEXTS = ("text", "varchar", "bpchar", "name", "char", "public.citext")
_NUMERICS = ("int2", "int4", "int8", "numeric", "float4", "float8", "oid")
_TIMES = ("date", "time", "timetz", "timestamp", "timestamptz")
_ALIKE = ("bool", "uuid", "pg_lsn", "macaddr", "macaddr8", "inet", "cidr")
_BASES: dict[str, _Describer] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_NUMERICS, _number),
    **dict.fromkeys(_TIMES, _moment),
    **dict.fromkeys(_ALIKE, _fixed),
    **dict.fromkeys(("bit", "varbit"), _bits),
    "bytea": _bytes,
    "money": _money,
}
