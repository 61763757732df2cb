"""What is listed, what is implied, and what two major versions print differently."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import pytest

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.schema import KINDS, Schema, SchemaDifference, compare
from functions.data_validation.schema.model import Identity, SchemaObject

Objects = Mapping[tuple[str, str], Mapping[str, str | None]]

# As PostgreSQL 15.18 and 17.10 print one and the same view, with all identifiers quoted before.
VIEW_BEFORE_16 = (
    "SELECT a.id, a.number, 'a.id'::text AS lit FROM bank.account a WHERE (EXISTS ( SELECT 1"
    " FROM bank.entry e WHERE ((e.account = a.id) AND (e.id IN ( SELECT entry.id"
    " FROM bank.entry)))));"
)
VIEW_FROM_16 = (
    "SELECT id, number, 'a.id'::text AS lit FROM bank.account a WHERE (EXISTS ( SELECT 1"
    " FROM bank.entry e WHERE ((e.account = a.id) AND (e.id IN ( SELECT entry.id"
    " FROM bank.entry)))));"
)
ALL_BEFORE_17 = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
ALL_FROM_17 = "DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"


def schema(version: int, objects: Objects) -> Schema:
    found = {Identity(*key): SchemaObject(Identity(*key), value) for key, value in objects.items()}
    return Schema(version * 10_000, None, found)


def only(kind: str, name: str, attribute: str, value: str | None, version: int = 17) -> Schema:
    return schema(version, {(kind, name): {attribute: value}})


def test_differences_come_in_the_order_of_kinds_and_names() -> None:
    source = schema(17, {("index", "a"): {"x": "1", "b": "1"}, ("table", "b"): {}})
    target = schema(17, {("index", "a"): {"x": "2", "b": "2"}, ("table", "a"): {}})
    assert [(each.kind, each.object, each.attribute) for each in compare(source, target)] == [
        ("table", "a", "presence"),
        ("table", "b", "presence"),
        ("index", "a", "b"),
        ("index", "a", "x"),
    ]


def test_a_difference_is_plain_json() -> None:
    source, target = (only("view", "v", "definition", text) for text in ("支", None))
    (found,) = compare(source, target)
    assert SchemaDifference(**json.loads(json.dumps(asdict(found)))) == found


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_ignored_alone(kind: str) -> None:
    objects = {(each, "x"): {"value": "1"} for each in KINDS}
    others = {(each, "x"): {"value": "2"} for each in KINDS}
    found = compare(schema(17, objects), schema(17, others), ignore=[kind])
    assert [each.kind for each in found] == [each for each in KINDS if each != kind]


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    empty = schema(17, {})
    with pytest.raises(UnusableInputError, match=r"unknown kinds.*: tabel; use schema, .*owner"):
        compare(empty, empty, ignore=["tabel", "table"])


def test_what_a_missing_table_contains_stays_implied_when_tables_are_ignored() -> None:
    table, column = Identity("table", "t"), Identity("column", "t.a")
    objects = {table: SchemaObject(table), column: SchemaObject(column, within=(table,))}
    source, target = Schema(170_000, None, objects), schema(17, {})
    assert compare(source, target, ignore=["table"]) == ()
    assert [each.kind for each in compare(target, source)] == ["table"]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_view_is_the_same_with_and_without_its_relation_before_columns(reverse: bool) -> None:
    older = only("view", "v", "definition", VIEW_BEFORE_16, 15)
    newer = only("view", "v", "definition", VIEW_FROM_16, 17)
    assert compare(*((newer, older) if reverse else (older, newer))) == ()


@pytest.mark.parametrize(
    "changed",
    [
        VIEW_FROM_16.replace("number,", "code,"),
        VIEW_FROM_16.replace("'a.id'", "'id'"),
        VIEW_FROM_16.replace("e.account = a.id", "e.account = e.id"),
        VIEW_FROM_16.replace("bank.account a", "bank.customer a"),
    ],
)
def test_a_view_that_says_something_else_differs_on_any_major(changed: str) -> None:
    older = only("view", "v", "definition", VIEW_BEFORE_16, 15)
    assert len(compare(older, only("view", "v", "definition", changed, 17))) == 1


def test_views_of_the_same_major_are_compared_word_by_word() -> None:
    source = only("view", "v", "definition", VIEW_BEFORE_16, 17)
    assert len(compare(source, only("view", "v", "definition", VIEW_FROM_16, 17))) == 1


@pytest.mark.parametrize(
    ("grantee", "before_17", "from_17"),
    [
        ("app", ALL_BEFORE_17, ALL_FROM_17),
        ("app", "SELECT", "MAINTAIN, SELECT"),
        ("app", None, "MAINTAIN*"),
        ("app", "SELECT*", "MAINTAIN*, SELECT*"),
        ("master (owner)", None, ALL_BEFORE_17),
    ],
)
def test_a_privilege_that_one_side_does_not_know_is_no_difference(
    grantee: str, before_17: str | None, from_17: str | None
) -> None:
    older = only("grant", "table t", grantee, before_17, 16)
    newer = only("grant", "table t", grantee, from_17, 17)
    assert compare(older, newer) == compare(newer, older) == ()
    known_to_both = only("grant", "table t", grantee, before_17, 18)
    assert len(compare(known_to_both, newer)) == 1


@pytest.mark.parametrize(
    ("grantee", "before_17", "from_17"),
    [
        ("app", "SELECT", "INSERT, MAINTAIN, SELECT"),
        ("app", "SELECT", "MAINTAIN, SELECT*"),
        ("app", ALL_BEFORE_17, None),
        ("master (owner)", None, "MAINTAIN, SELECT"),
    ],
)
def test_other_privileges_differ_on_any_major(
    grantee: str, before_17: str | None, from_17: str | None
) -> None:
    older = only("grant", "table t", grantee, before_17, 16)
    assert len(compare(older, only("grant", "table t", grantee, from_17, 17))) == 1


def public_schema(version: int, everyone: str | None, owner: str) -> Schema:
    return schema(
        version,
        {
            ("grant", "schema public"): {"PUBLIC": everyone},
            ("owner", "schema public"): {"owner": owner},
        },
    )


def test_the_public_schema_as_each_major_creates_it_is_no_difference() -> None:
    older = public_schema(14, "CREATE, USAGE", "rdsadmin")
    newer = public_schema(15, "USAGE", "pg_database_owner")
    assert compare(older, newer) == compare(newer, older) == ()


def test_a_public_schema_that_someone_changed_is_a_difference() -> None:
    newer = public_schema(15, "USAGE", "pg_database_owner")
    closed = compare(public_schema(14, None, "rdsadmin"), newer)
    assert [each.kind for each in closed] == ["grant"]
    other_owner = compare(
        public_schema(14, "CREATE, USAGE", "rdsadmin"), public_schema(15, "USAGE", "master")
    )
    assert [each.kind for each in other_owner] == ["owner"]
    assert len(compare(public_schema(17, "CREATE, USAGE", "pg_database_owner"), newer)) == 1
