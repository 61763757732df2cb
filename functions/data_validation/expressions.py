"""SQL expressions that stand for a column's content, so that equal hashes mean equal content.

PostgreSQL's extended hash functions are fast and give the same on every version so far, but a
type's hash only has to agree with the type's equality, which is looser than its content:

* `hash_numeric_extended` knows neither sign nor scale, `hash_array_extended` no dimensions,
  `hash_multirange_extended` and composites inherit their parts' looseness;
* an enum's hash is the oid of its label, which differs between servers;
* `hashint8extended`, and with it the hashes of money, pg_lsn, time, timetz, timestamp, timestamptz
  and interval, fold 64 bits into 32 before they hash: 4 and 4294967301 are the same;
* `hashfloat8extended` takes -0 for 0, and `interval_hash_extended` 1 month for 30 days.

So each type has one of four forms: its value, its value with what the hash leaves out, its binary
form, or its text. Sources: hashfunc.c, numeric.c, arrayfuncs.c, timestamp.c of PostgreSQL 12 to
18; manual, "Date/Time Types" and "Character Types" (blanks of char(n) mean nothing).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from functions.data_validation.tables import Column, ColumnPair, Kind, quoted
from functions.runtime.route import Side

INTEGERS = frozenset({"int2", "int4", "int8"})
TEXTS = frozenset({"text", "varchar"})

VALUES = frozenset(
    {"bool", "int2", "int4", "oid", "char", "bytea", "date", "uuid", "inet", "cidr"}
    | {"macaddr", "macaddr8"}
)
"""Types whose hash covers all of a value: bytes as they are, or not more than 32 bits."""

COLLATED_VALUES = frozenset({"text", "varchar", "name"})
"""Types whose hash covers all of a value under collation "C"."""

BINARY_FORMS = {
    "interval": "interval_send",
    "money": "cash_send",
    "pg_lsn": "pg_lsn_send",
    "time": "time_send",
    "timestamp": "timestamp_send",
    "timestamptz": "timestamptz_send",
    "timetz": "timetz_send",
}
"""Types whose binary form has all of a value and one spelling for it."""

FLOATS = frozenset({"float4", "float8"})
BYTE_ORDER = '"C"'

MOST_ITEMS = 1_600
"""A row takes 1,664 (MaxTupleAttributeNumber), and a column of a table may be two items."""


class Method(StrEnum):
    """How a row is hashed."""

    RECORD = "record"
    """By the servers' own 64-bit hash functions, where both servers' agree."""

    PORTABLE = "portable"
    """By 64 bits of SHA-256 over the row's text in UTF-8: slower, needs no agreement."""


def text(pair: ColumnPair, side: Side, reference: str) -> str:
    """Return an expression for a value's exact text; `reference` names the column in SQL.

    The cast to text drops the trailing blanks of char(n), where they mean nothing. Where the other
    side has text or char of unlimited length, in which they count, the binary form is decoded
    instead: it is the text as it is, in the client's encoding.
    """
    if on_side(pair, side).base == "bpchar" and not _both_limited(pair):
        return f"convert_from(bpcharsend({reference}), 'UTF8') COLLATE {BYTE_ORDER}"
    return f"{written(on_side(pair, side), reference)} COLLATE {BYTE_ORDER}"


def written(column: Column, reference: str) -> str:
    """Return an expression for a value as its type's output function writes it.

    For types of users that is not what a cast gives: their owners may have made a cast to text of
    their own (manual, CREATE CAST), which may be the same for different values. `num_nulls`, as
    a composite value IS NULL if its fields are.
    """
    if column.kind is Kind.BASE and "." not in column.base:
        return f"{reference}::text"
    return f"CASE WHEN num_nulls({reference}) = 0 THEN concat({reference}) END"


def content(pair: ColumnPair, side: Side, reference: str) -> tuple[str, ...]:
    """Return expressions whose extended hashes together cover all of a value's content.

    They are the same on both sides, but for the text of differing types.
    """
    form = _native_form(pair)
    if form is None:
        return (text(pair, side, reference),)
    return form(f"{reference}::{builtin(pair.source.base)}")


def native(pair: ColumnPair) -> bool:
    """Whether a column is hashed without its text."""
    return _native_form(pair) is not None


def integer(pair: ColumnPair) -> bool:
    """Whether a column is an integer on both sides, of whatever size."""
    return {pair.source.base, pair.target.base} <= INTEGERS


def on_side(pair: ColumnPair, side: Side) -> Column:
    """Return a pair's column of one side."""
    return pair.source if side is Side.SOURCE else pair.target


def builtin(name: str) -> str:
    """Return the SQL name of a type of pg_catalog, given its own name such as `int8` or `char`."""
    return f"pg_catalog.{quoted(name)}"


def record_hash(items: Sequence[str], seed: int | str) -> str:
    """Return the servers' hash of a row of expressions; 64 bits, linear in the items' hashes.

    `seed` is a number, or an expression for one of 64 bits that is not NULL. Of more items than a
    row may have, their hashes in parts are hashed, all bits of them.
    """
    if len(items) > MOST_ITEMS:
        parts = [items[start : start + MOST_ITEMS] for start in range(0, len(items), MOST_ITEMS)]
        items = [f"int8send({record_hash(part, seed)})" for part in parts]
    return f"hash_record_extended(ROW({', '.join(items)}), {seed})"


def portable_hash(texts: Sequence[str], seed: int) -> str:
    """Return 64 bits of SHA-256 over a row of text expressions.

    A record's text tells NULL, '' and separators apart (manual, "Composite Type Input and Output
    Syntax").
    """
    row = f"ROW({', '.join((f'{seed}', *texts))})::text"
    digest = f"sha256(convert_to({row}, 'UTF8'))"
    return f"('x' || encode(substr({digest}, 1, 8), 'hex'))::bit(64)::bigint"


def mixed(method: Method, hash_expression: str, seed: int) -> str:
    """Return a hash that may be summed up over rows, from one of `record_hash`, given twice.

    A record's hash is linear in its columns' hashes, so that with one seed for all rows its sum
    does not change when two rows swap a column's values. `hashint8extended` breaks that up, and
    the exclusive or keeps the 32 bits that it would fold away.
    """
    if method is Method.PORTABLE:
        return hash_expression
    return f"({hash_expression} # hashint8extended({hash_expression}, {seed}))"


def key_text(column: Column, reference: str) -> str:
    """Return an expression for a key column's text, the same for values that are equal keys.

    So a key of 1.0 is the same row as one of 1.00, which then differs. NULL, which only a key
    that is none on this side can have, shares the text of ''.
    """
    if column.base == "numeric":
        digits = f"{reference}::text"
        trimmed = f"rtrim(rtrim({digits}, '0'), '.')"
        expression = f"CASE WHEN scale({reference}) > 0 THEN {trimmed} ELSE {digits} END"
    else:
        expression = written(column, reference)
    return f"coalesce({expression}, '') COLLATE {BYTE_ORDER}"


def key_type(pair: ColumnPair) -> str | None:
    """Return the type that a key's text is cast to, to be compared with the column by its index.

    None when the two sides have no built-in type in common; then texts are compared.
    """
    bases = {pair.source.base, pair.target.base}
    if bases <= INTEGERS:
        return builtin("int8")
    if bases <= TEXTS:
        return builtin("text")
    if len(bases) > 1 or pair.source.kind is not Kind.BASE or "." in pair.source.base:
        return None
    return builtin(pair.source.base)


def _native_form(pair: ColumnPair) -> Callable[[str], tuple[str, ...]] | None:
    source, target = pair.source, pair.target
    if source.base != target.base or source.kind is not Kind.BASE:
        return None
    if source.base == "bpchar":
        return _collated if _both_limited(pair) else None
    return _FORMS.get(source.base)


def _both_limited(pair: ColumnPair) -> bool:
    return all(
        column.base == "bpchar" and column.modifier >= 0 for column in (pair.source, pair.target)
    )


def _value(value: str) -> tuple[str, ...]:
    return (value,)


def _collated(value: str) -> tuple[str, ...]:
    return (f"{value} COLLATE {BYTE_ORDER}",)


def _long_integer(value: str) -> tuple[str, ...]:
    return (value, f"{value} >> 32")


def _float(value: str) -> tuple[str, ...]:
    return (value, f"CASE WHEN {value} = 0 THEN {value}::text COLLATE {BYTE_ORDER} END")


def _binary(function: str) -> Callable[[str], tuple[str, ...]]:
    return lambda value: (f"{function}({value})",)


_FORMS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "int8": _long_integer,
    **dict.fromkeys(VALUES, _value),
    **dict.fromkeys(COLLATED_VALUES, _collated),
    **dict.fromkeys(FLOATS, _float),
    **{base: _binary(function) for base, function in BINARY_FORMS.items()},
}
