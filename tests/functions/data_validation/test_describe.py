"""Descriptions tell values apart that are often confused, and never show any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.data_validation.describe import counted, describe
from functions.data_validation.tables import Column, Kind


def column(base: str, kind: Kind = Kind.BASE) -> Column:
    return Column("c", base, kind, base, -1, None)


@pytest.mark.parametrize(
    ("base", "value", "description"),
    [
        ("text", None, "NULL"),
        ("text", "", "empty text"),
        ("text", "<null>", "text, 6 characters"),
        ("text", "x", "text, 1 character"),
        ("varchar", "abc  ", "text, 5 characters, 2 trailing blanks"),
        ("text", "x" * 100_001, "text, more than 100,000 characters"),
        ("numeric", "1.0", "numeric, 2 digits, scale 1"),
        ("numeric", "1.00", "numeric, 3 digits, scale 2"),
        ("numeric", "-0.05", "numeric, 1 digit, scale 2, negative"),
        ("numeric", "0.00", "numeric, zero, scale 2"),
        ("numeric", "NaN", "numeric NaN"),
        ("float8", "-0", "float8, zero, negative"),
        ("float8", "0", "float8, zero"),
        ("float8", "1.5e+300", "float8, 2 digits, scale 1, with exponent"),
        ("float8", "-Infinity", "float8 -Infinity"),
        ("int8", "-4711", "int8, 4 digits, negative"),
        ("money", "$1,234.50", "money, 6 digits"),
        ("bool", "t", "bool"),
        ("uuid", "8a6e0804-2bd0-4672-b79d-d97027f9071a", "uuid"),
        ("timestamptz", "2024-01-01 00:00:00+00", "timestamptz"),
        ("timestamptz", "2024-01-01 00:00:00.123+00", "timestamptz, 3 fractional digits"),
        ("timestamp", "infinity", "timestamp infinity"),
        ("date", "0044-03-15 BC", "date, BC"),
        ("bytea", "\\x", "empty bytea"),
        ("bytea", "\\x00ff", "bytea, 2 bytes"),
        ("varbit", "101", "varbit, 3 bits"),
        ("bit", "", "empty bit"),
        ("jsonb", '{"a": 1}', "jsonb, 8 characters"),
        ("public.hstore", "", "empty public.hstore"),
    ],
)
def test_a_value_is_described_by_its_class(base: str, value: str | None, description: str) -> None:
    assert describe(value, column(base)) == description


@pytest.mark.parametrize(
    ("kind", "value", "description"),
    [
        (Kind.ARRAY, "{}", "empty array"),
        (Kind.ARRAY, "{1,2,NULL}", "array, 3 elements, 1 NULL"),
        (Kind.ARRAY, '{"NULL","a,b","{}","\\""}', "array, 4 elements"),
        (Kind.ARRAY, "{{1,2},{3,4}}", "array, 4 elements, 2 dimensions"),
        (Kind.ARRAY, "[0:1]={1,2}", "array, 2 elements, with bounds"),
        (Kind.ENUM, "settled", "label, 7 characters"),
        (Kind.COMPOSITE, "(1,)", "composite, 4 characters"),
        (Kind.RANGE, "empty", "empty int4range"),
        (Kind.RANGE, "[1,3)", "int4range"),
        (Kind.MULTIRANGE, "{}", "empty int4range"),
    ],
)
def test_a_value_of_another_kind_is_described_by_it(
    kind: Kind, value: str, description: str
) -> None:
    assert describe(value, column("int4range", kind)) == description


@given(
    value=st.text(alphabet="ABCDEFGHKQRWXYZ456789", min_size=4),
    base=st.sampled_from(["text", "bpchar", "jsonb", "bytea", "money", "uuid", "other.type"]),
    kind=st.sampled_from(Kind),
)
def test_no_description_has_the_value_in_it(value: str, base: str, kind: Kind) -> None:
    assert value not in describe(value, column(base, kind))


@given(value=st.text(), kind=st.sampled_from(Kind))
def test_whatever_a_value_is_it_can_be_described(value: str, kind: Kind) -> None:
    for base in ("text", "numeric", "timestamptz", "bytea", "bit", "bool", "x"):
        assert describe(value, column(base, kind))


def test_a_number_agrees_with_its_noun() -> None:
    assert [counted(n, "row") for n in (0, 1, 2, 12_345)] == [
        "0 rows",
        "1 row",
        "2 rows",
        "12,345 rows",
    ]
