"""Names and definitions whose form does not depend on the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.data_validation.schema.text import (
    identifier,
    on_table,
    qualified,
    qualifiers,
    readable,
    without_qualifier,
)
from functions.data_validation.tables import quoted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accounts", "accounts"),
        ("order", "order"),
        ("json", "json"),
        ("true", '"true"'),
        ("Order", '"Order"'),
        ('a"b', '"a""b"'),
        ("支付", '"支付"'),
        ("1st", '"1st"'),
        ("a.b", '"a.b"'),
        ("", '""'),
    ],
)
def test_only_names_that_need_it_are_quoted(name: str, expected: str) -> None:
    assert identifier(name) == expected


def test_names_are_joined_unambiguously() -> None:
    assert qualified("a", "b.c") == 'a."b.c"'
    assert on_table("k on t", "s.t") == '"k on t" on s.t'


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ('CHECK (("a" > 0))', "CHECK ((a > 0))"),
        ("(\"A\" = 'x  \"y\" ''z'''::\"text\")", "(\"A\" = 'x  \"y\" ''z'''::text)"),
        (
            'nextval(\'"s"."My seq"\'::"regclass")',
            "nextval('s.\"My seq\"'::regclass)",
        ),
        (' SELECT "a"."id"\n   FROM "s"."a";', "SELECT a.id FROM s.a;"),
        ('("true" = true)', '("true" = true)'),
        ('"a""b" = \'\'', '"a""b" = \'\''),
    ],
)
def test_definitions_lose_quotes_and_line_breaks_but_not_literals(
    printed: str, expected: str
) -> None:
    assert readable(printed) == expected


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: "\0" not in name)


@given(NAMES, NAMES)
def test_names_that_differ_stay_different_in_definitions(left: str, right: str) -> None:
    same = readable(f"({quoted(left)} > 0)") == readable(f"({quoted(right)} > 0)")
    assert same == (left == right)


@given(st.text(max_size=12), st.text(max_size=12))
def test_literals_that_differ_stay_different_in_definitions(left: str, right: str) -> None:
    def printed(text: str) -> str:
        literal = text.replace("'", "''")
        return readable(f'("a" = \'{literal}\'::"text")')

    assert (printed(left) == printed(right)) == (left == right)


def test_qualifiers_are_found_and_dropped_outside_of_literals() -> None:
    definition = "SELECT a.id, \"B c\".x, 'a.id' FROM s.a"
    assert qualifiers(definition) == {"a", '"B c"', "s"}
    assert without_qualifier(definition, "a") == "SELECT id, \"B c\".x, 'a.id' FROM s.a"
    assert without_qualifier(definition, '"B c"') == "SELECT a.id, x, 'a.id' FROM s.a"
