"""Differences found by keys of every kind: of one column and of several, in any order of values."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.functions.data_validation.corpus.model import (
    SCHEMA,
    Case,
    create,
    different,
    extra,
    missing,
)


@dataclass(frozen=True)
class KeyValues:
    """A type of key. `values` are six keys as PostgreSQL writes them, in no special order."""

    name: str
    sql: str
    values: tuple[str, str, str, str, str, str]
    requires: str | None = None


_UUIDS = tuple(f"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1{digit}" for digit in "0f1e28")
_WORDS = ("b", "a", "B", "é", "a b", "😀")

KEYS = (
    KeyValues("smallint", "int2", ("3", "-32768", "0", "32767", "-1", "7")),
    KeyValues("integer", "int4", ("3", "-2147483648", "0", "2147483647", "-1", "7")),
    KeyValues(
        "bigint",
        "int8",
        ("4", "-9223372036854775808", "4294967301", "9223372036854775807", "-1", "4294967295"),
    ),
    KeyValues("oid", "oid", ("3", "0", "4294967295", "2147483648", "1", "7")),
    KeyValues("numeric", "numeric", ("3", "-1.5", "0", "10000000000000000000000", "NaN", "0.25")),
    KeyValues("real", "float4", ("3", "-1.5", "0", "1e+30", "NaN", "-Infinity")),
    KeyValues("double_precision", "float8", ("0.1", "-1.5", "0", "1e+300", "NaN", "5e-324")),
    KeyValues("uuid", "uuid", (_UUIDS[0], _UUIDS[1], _UUIDS[2], _UUIDS[3], _UUIDS[4], _UUIDS[5])),
    KeyValues("text_c", 'text COLLATE "C"', _WORDS),
    KeyValues("text", "text", _WORDS),
    KeyValues("text_ucs_basic", "varchar(20) COLLATE ucs_basic", _WORDS),
    KeyValues("varchar", "varchar(20)", ("", "a", "a ", "A", "'", '"')),
    KeyValues("char_6", "char(6)", ("b", "a", "B", "é", "a b", "")),
    KeyValues("bpchar", "bpchar", ("b", "a", "B", "é", "a b", "")),
    KeyValues("name", "name", _WORDS),
    KeyValues("char", '"char"', ("b", "a", "B", "~", " ", "0")),
    KeyValues("bytea", "bytea", ("\\x", "\\x00", "\\xff", "\\x0000", "\\x61", "\\x6100")),
    KeyValues(
        "date",
        "date",
        ("2026-02-28", "1970-01-01", "infinity", "-infinity", "0001-01-01", "0044-03-15 BC"),
    ),
    KeyValues(
        "timestamptz",
        "timestamptz",
        (
            "2026-02-28 12:00:00+00",
            "2026-02-28 12:00:00.000001+00",
            "infinity",
            "-infinity",
            "0044-03-15 12:00:00+00 BC",
            "1970-01-01 00:00:00+00",
        ),
    ),
    KeyValues(
        "timestamp",
        "timestamp",
        (
            "2026-02-28 12:00:00",
            "2026-02-28 12:00:00.000001",
            "infinity",
            "-infinity",
            "0044-03-15 12:00:00 BC",
            "1970-01-01 00:00:00",
        ),
    ),
    KeyValues(
        "time",
        "time",
        ("12:00:00", "00:00:00", "24:00:00", "12:00:00.1", "23:59:59", "01:11:34.967297"),
    ),
    KeyValues(
        "timetz",
        "timetz",
        ("12:00:00+00", "12:00:00+01", "11:00:00+00", "24:00:00+00", "00:00:00-08", "00:00:00+00"),
    ),
    KeyValues(
        "interval", "interval", ("00:00:00", "1 day", "1 mon", "-1 days", "1 year", "2 days")
    ),
    KeyValues(
        "inet",
        "inet",
        ("10.0.0.1/32", "10.0.0.0/8", "::1/128", "0.0.0.0/32", "0.0.0.0/0", "::2/128"),
    ),
    KeyValues("bit_3", "bit(3)", ("000", "001", "010", "100", "111", "110")),
    KeyValues("integers", "int4[]", ("{}", "{1}", "{1,2}", "{2,1}", "{{1,2},{3,4}}", "{NULL}")),
    KeyValues("enumeration", f"{SCHEMA}.letter", ("b", "a", "c", "f", "e", "d")),
    KeyValues("composite", f"{SCHEMA}.part", ("(1,a)", "(1,b)", "(2,a)", "(,)", "(3,)", "(,a)")),
    KeyValues("int4range", "int4range", ("empty", "[1,2)", "[1,3)", "(,)", "[2,3)", "(,1)")),
    KeyValues("domain", f"{SCHEMA}.cents", ("4", "-1", "4294967301", "0", "5", "6")),
    KeyValues("domain_char", f"{SCHEMA}.code", ("b", "a", "B", "é", "a b", "")),
    KeyValues("citext", "public.citext", ("b", "a", "é", "d", "e", "f"), "citext"),
)
SETUP_SOURCE = f"CREATE TYPE {SCHEMA}.letter AS ENUM ('a', 'b', 'c', 'd', 'e', 'f');"
SETUP_TARGET = f"CREATE TYPE {SCHEMA}.letter AS ENUM ('f', 'd', 'b', 'a', 'c', 'e');"


def cases() -> Iterator[Case]:
    """Yield all cases of keys."""
    for key in KEYS:
        yield from _single(key)
    yield _composite()
    yield _composite_of_texts()
    yield _numeric_scale()
    yield _only_a_unique_index()
    yield _key_on_the_source_only()
    yield _target_has_a_key_twice()
    yield _target_has_no_key_value()
    yield _rows_swapped_between_keys()


def _single(key: KeyValues) -> Iterator[Case]:
    """Five of six keys on each side; two rows differ, and two have swapped their values."""
    columns = f"id {key.sql} PRIMARY KEY, amount numeric, note text"
    first, second, third, fourth, alone_source, alone_target = key.values
    source = [(first, "1", "a"), (second, "2", "b"), (third, "3", "c"), (fourth, "4", None)]
    target = [(first, "2", "a"), (second, "1", "b"), (third, "3.0", "c"), (fourth, "4", "")]
    name = f"key_{key.name}"
    yield Case(
        name,
        create(name, columns, [*source, (alone_source, "5", "e")]),
        create(name, columns, [*reversed(target), (alone_target, "5", "e")]),
        (
            different(first, columns={"amount"}),
            different(second, columns={"amount"}),
            different(third, columns={"amount"}),
            different(fourth, columns={"note"}),
            missing(alone_source),
            extra(alone_target),
        ),
        requires=key.requires,
    )
    equal = f"key_equal_{key.name}"
    rows = [(value, "1.0", "a") for value in key.values]
    yield Case(
        equal,
        create(equal, columns, rows),
        create(equal, columns, rows[::-1]),
        requires=key.requires,
    )


def _composite() -> Case:
    """A key of three columns, of which the first is no help in telling rows apart."""
    name = "key_of_three"
    columns = "c text, a int4, b date, PRIMARY KEY (a, b, c)"
    days = ("2026-01-01", "2026-01-02", "2025-12-31")
    rows = [(word, number, day) for number in ("1", "-1") for day in days for word in ("x", "y")]
    return Case(
        name,
        create(name, columns, rows[1:]),
        create(name, columns, [*rows[:-1], ("z", "1", "2026-01-01")]),
        (
            missing("-1", "2025-12-31", "y"),
            extra("1", "2026-01-01", "x"),
            extra("1", "2026-01-01", "z"),
        ),
    )


def _composite_of_texts() -> Case:
    """Values that a separator would shift from one column of the key to the next."""
    name = "key_of_texts"
    columns = "a text, b text, value int4, PRIMARY KEY (a, b)"
    return Case(
        name,
        create(name, columns, [("a|b", "c", "1"), ("", "ab", "1"), ("a,b", "c", "1")]),
        create(name, columns, [("a", "b|c", "1"), ("ab", "", "1"), ("a,b", "c", "2")]),
        (
            missing("a|b", "c"),
            extra("a", "b|c"),
            missing("", "ab"),
            extra("ab", ""),
            different("a,b", "c", columns={"value"}),
        ),
    )


def _numeric_scale() -> Case:
    """Keys that are equal as numbers: the same rows, whose key differs in its scale."""
    name = "key_numeric_scale"
    columns = "id numeric PRIMARY KEY, note text"
    return Case(
        name,
        create(name, columns, [("1.0", "a"), ("2.50", "b"), ("100", "c"), ("0.00", "d")]),
        create(name, columns, [("1.00", "a"), ("2.5", "x"), ("100", "c"), ("0", "d")]),
        (
            different("1", columns={"id"}),
            different("2.5", columns={"id", "note"}),
            different("0", columns={"id"}),
        ),
    )


def _only_a_unique_index() -> Case:
    """No primary key; of the indexes only one is a key."""
    name = "key_unique_index"
    table = (
        f"CREATE TABLE {SCHEMA}.{name} (a int4, b int4, c int4 NOT NULL, d int4 NOT NULL);"
        f"CREATE UNIQUE INDEX ON {SCHEMA}.{name} (a);"
        f"CREATE UNIQUE INDEX ON {SCHEMA}.{name} (d) WHERE d > 0;"
        f"CREATE UNIQUE INDEX ON {SCHEMA}.{name} ((c + d));"
        f"CREATE UNIQUE INDEX ON {SCHEMA}.{name} (c) INCLUDE (b);"
    )
    fill = f"INSERT INTO {SCHEMA}.{name} VALUES"
    return Case(
        name,
        f"{table} {fill} (NULL, 1, 5, 1), (2, 1, 6, 2), (NULL, 3, 7, 3);",
        f"{table} {fill} (NULL, 1, 5, 1), (3, 1, 6, 2), (NULL, 3, 8, 3);",
        (different("6", columns={"a"}), missing("7"), extra("8")),
    )


def _key_on_the_source_only() -> Case:
    """The target has the column, but neither index nor constraint."""
    name = "key_on_source_only"
    return Case(
        name,
        create(name, "id int8 PRIMARY KEY, value text", [("1", "a"), ("2", "b"), ("3", "c")]),
        create(name, "id int8 NOT NULL, value text", [("3", "c"), ("2", "x"), ("4", "d")]),
        (missing("1"), different("2", columns={"value"}), extra("4")),
    )


def _target_has_a_key_twice() -> Case:
    """Without a constraint on the target, a row may have been applied twice."""
    name = "key_twice_on_target"
    return Case(
        name,
        create(name, "id int8 PRIMARY KEY, value text", [("1", "a"), ("2", "b")]),
        create(name, "id int8 NOT NULL, value text", [("1", "a"), ("2", "b"), ("2", "b")]),
        (extra("2"),),
    )


def _target_has_no_key_value() -> Case:
    """Without a constraint on the target, a row's key may be NULL, which no range contains."""
    name = "key_null_on_target"
    return Case(
        name,
        create(name, "id text PRIMARY KEY, value text", [("", "a"), ("2", "b")]),
        create(name, "id text, value text", [("", "a"), ("2", "b"), (None, "c")]),
        (extra(""),),
    )


def _rows_swapped_between_keys() -> Case:
    """The same keys and the same contents, but each belongs to the other's key."""
    name = "rows_swapped"
    columns = "id int8 PRIMARY KEY, amount numeric(12,2), reference text, at timestamptz"
    contents = [
        ("10.00", "salary", "2026-01-01 00:00:00+00"),
        ("99.95", "shoes", "2026-01-02 00:00:00+00"),
    ]
    return Case(
        name,
        create(name, columns, [("1", *contents[0]), ("2", *contents[1])]),
        create(name, columns, [("1", *contents[1]), ("2", *contents[0])]),
        tuple(different(key, columns={"amount", "reference", "at"}) for key in ("1", "2")),
    )
