"""Whole databases: the payments schema, extensions, missing schemas, many tables, other roles."""

from uuid import uuid4

import pytest
from psycopg import sql

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.schema import Schema, compare, read_schema, unmatched
from functions.data_validation.schema.catalogue import snapshot
from functions.runtime.errors import DatabaseError
from localcloud.seed import apply_schema
from tests.functions.data_validation.schema.support import Database, Pair, plain
from tests.functions.support import APPLICATION

MANY_TABLES = """
    DO $$
    BEGIN
        FOR number IN 1..500 LOOP
            EXECUTE format(
                'CREATE TABLE table_%s (id bigint PRIMARY KEY, %s)',
                number,
                (SELECT string_agg(format('column_%s text DEFAULT %L', n, n), ', ')
                   FROM generate_series(2, 10) n)
            );
        END LOOP;
    END $$
"""


def test_the_payments_schema_is_the_same_on_both_majors(pair: Pair) -> None:
    for database in (pair.source, pair.target):
        assert apply_schema(database.settings, APPLICATION["username"], APPLICATION["password"])
    source, target = pair.source.read(), pair.target.read()
    assert source.version // 10_000 < target.version // 10_000
    assert len(source.named("table")) == 9
    assert pair.differences() == []


def test_a_missing_schema_is_one_difference(pair: Pair) -> None:
    pair.source.run("CREATE SCHEMA a; CREATE TABLE a.t (id serial PRIMARY KEY)")
    pair.source.run("CREATE TYPE a.e AS ENUM ('x'); CREATE VIEW a.v AS SELECT id FROM a.t")
    pair.source.run("GRANT USAGE ON SCHEMA a TO payments_writer")
    assert pair.differences() == [("schema", "a", "presence", "present", None)]
    found = unmatched(pair.source.read(), pair.target.read())
    assert found.tables_on_source == ("a.t",)
    assert found.tables_on_target == ()


def test_what_data_cannot_be_compared_is_easy_to_ask(pair: Pair) -> None:
    pair.run("CREATE TABLE t (a int, b int) PARTITION BY RANGE (a); CREATE TABLE u (a int)")
    pair.run("CREATE TABLE t1 PARTITION OF t DEFAULT")
    pair.source.run("ALTER TABLE t DROP COLUMN b; DROP TABLE u")
    pair.source.run("CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1) TO (2)")
    pair.source.run('CREATE TABLE "More" (a int)')
    found = unmatched(pair.source.read(), pair.target.read())
    assert found.tables_on_source == ('public."More"',)
    assert found.tables_on_target == ("public.u",)
    assert found.columns_on_source == ()
    assert found.columns_on_target == ("public.t.b",)


def test_other_schemas_than_those_asked_for_are_left_out(pair: Pair) -> None:
    pair.run('CREATE SCHEMA a; CREATE SCHEMA "B ""2"""; CREATE SCHEMA c')
    pair.target.run('CREATE TABLE a.t (); CREATE TABLE "B ""2""".t (); CREATE TABLE c.t ()')
    assert pair.differences(schemas=["a", 'B "2"']) == [
        ("table", '"B ""2""".t', "presence", None, "present"),
        ("table", "a.t", "presence", None, "present"),
    ]


def test_a_schema_that_neither_side_has_is_refused(pair: Pair) -> None:
    with pytest.raises(UnusableInputError, match="neither side has these schemas: paymnets"):
        pair.differences(schemas=["public", "paymnets"])


def test_extensions_are_compared_without_what_they_contain(pair: Pair) -> None:
    pair.source.run("CREATE EXTENSION citext VERSION '1.5'; CREATE EXTENSION pg_trgm")
    pair.target.run("CREATE EXTENSION citext VERSION '1.6'")
    assert pair.differences() == [
        ("extension", "pg_trgm", "presence", "present", None),
        ("extension-version", "citext", "version", "1.5", "1.6"),
    ]
    assert pair.differences(ignore=["extension", "extension-version"]) == []


def test_an_extension_in_another_schema_is_a_difference(pair: Pair) -> None:
    pair.run("CREATE SCHEMA a")
    pair.source.run("CREATE EXTENSION citext VERSION '1.5' SCHEMA a")
    pair.target.run("CREATE EXTENSION citext VERSION '1.5'")
    assert pair.differences() == [("extension", "citext", "schema", "a", "public")]


def test_publications_are_not_compared(pair: Pair) -> None:
    pair.run("CREATE TABLE t (a int)")
    pair.source.run("CREATE PUBLICATION p FOR TABLE t")
    assert pair.differences() == []


def test_the_number_of_statements_does_not_grow_with_the_schema(pair: Pair) -> None:
    def read(database: Database) -> tuple[Schema, int]:
        with database.session() as session:
            return read_schema(session), len(session.statements)

    _, of_empty = read(pair.source)
    pair.run(MANY_TABLES)
    pair.target.run("ALTER TABLE public.table_250 ALTER column_7 TYPE varchar(20)")
    source, of_many = read(pair.source)
    target, _ = read(pair.target)
    assert of_many == of_empty <= 20
    assert len(source.named("column")) == 5_000
    assert [plain(each) for each in compare(source, target)] == [
        ("column", "public.table_250.column_7", "type", "text", "character varying(20)"),
    ]


def test_a_role_without_privileges_reads_the_same(pair: Pair) -> None:
    database = pair.source
    database.run("CREATE SCHEMA a; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    database.run("CREATE TABLE a.t (id serial PRIMARY KEY, b text DEFAULT 'x' CHECK (b <> ''))")
    database.run("CREATE INDEX ON a.t (lower(b)); CREATE VIEW a.v AS SELECT b FROM a.t")
    database.run("CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    database.run("REVOKE ALL ON FUNCTION a.f() FROM PUBLIC")
    login = {"username": f"reader_{uuid4().hex}", "password": uuid4().hex}
    role = sql.Identifier(login["username"])
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, login["password"])
    database.owner.execute(create)
    try:
        with database.session(login) as session:
            assert read_schema(session).objects == database.read().objects
    finally:
        database.owner.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_failed_reading_leaves_no_transaction_behind(pair: Pair) -> None:
    with pair.source.session() as session:
        with pytest.raises(DatabaseError), snapshot(session, None) as (_, rows):
            rows("SELECT no_such_column FROM relation")
        assert session.run("SHOW transaction_isolation") == [("read committed",)]
        assert session.run("SHOW quote_all_identifiers") == [("off",)]
