"""Who may run what DMS does not carry over: TRUNCATE, and updates of a primary key."""

import pytest

from functions.preflight.model import Severity
from functions.runtime.route import Side
from tests.functions.preflight.support import OWNER, WRITER, Pair

pytestmark = pytest.mark.postgres

TRUNCATE, KEYS = "truncate-privileges", "key-updates"


def may(pair: Pair, role: str, privilege: str, table: str, column: str | None = None) -> bool:
    """Ask the server what a role may do on a table of the schema, or on one of its columns."""
    kind, rest = ("table", "") if column is None else ("column", f"'{column}', ")
    query = f"SELECT has_{kind}_privilege('{role}', '{pair.schema}.{table}', {rest}'{privilege}')"
    row = pair.connection(Side.SOURCE).execute(query.encode()).fetchone()
    assert row is not None
    return bool(row[0])


def run_fixes(pair: Pair, check: str) -> None:
    for found in pair.findings(check):
        assert found.fix is not None
        pair.run("source", found.fix)
    assert pair.findings(check) == ()


def test_whoever_may_truncate_a_table_is_found(pair: Pair) -> None:
    pair.run(
        "source",
        'CREATE TABLE granted (a int PRIMARY KEY); CREATE TABLE "To All" (a int);'
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT;"
        "CREATE TABLE good (a int); CREATE VIEW v AS SELECT 1 AS a;"
        f"GRANT ALL ON granted, v TO {WRITER}; GRANT SELECT, DELETE ON good TO {WRITER};"
        f'GRANT TRUNCATE ON "To All", p1 TO PUBLIC, {WRITER}; REVOKE TRUNCATE ON p1 FROM PUBLIC',
    )

    found = pair.findings(TRUNCATE)

    named = [(each.object, each.severity, each.side) for each in found]
    expected = [f'{pair.schema}."To All"', f"{pair.schema}.granted", f"{pair.schema}.p1"]
    assert named == [(each, Severity.BLOCKING, Side.SOURCE) for each in expected]
    assert found[0].why.startswith(f"PUBLIC, {WRITER} may TRUNCATE it")
    run_fixes(pair, TRUNCATE)
    assert not may(pair, WRITER, "TRUNCATE", "granted")
    assert may(pair, WRITER, "INSERT", "granted")


def test_a_truncate_that_was_handed_on_goes_with_the_one_it_came_from(pair: Pair) -> None:
    pair.run(
        "source",
        f"GRANT {WRITER} TO CURRENT_USER; GRANT USAGE ON SCHEMA {pair.schema} TO {WRITER};"
        f"CREATE TABLE t (a int); GRANT TRUNCATE ON t TO {WRITER} WITH GRANT OPTION;"
        f"SET ROLE {WRITER}; GRANT TRUNCATE ON t TO PUBLIC; RESET ROLE",
    )

    assert [each.object for each in pair.findings(TRUNCATE)] == [f"{pair.schema}.t"]
    run_fixes(pair, TRUNCATE)


def test_owners_and_the_migration_itself_are_let_be(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE own (a int PRIMARY KEY)")
    pair.run("source", f"CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t OWNER TO {OWNER}")
    pair.run("source", "GRANT ALL ON t TO CURRENT_USER")

    assert pair.findings(TRUNCATE) == ()
    assert pair.findings(KEYS) == ()


def test_whoever_may_change_a_primary_key_is_found(pair: Pair) -> None:
    pair.run(
        "source",
        'CREATE TABLE t ("Key" int, b int, c int, d int, PRIMARY KEY ("Key", b));'
        "CREATE TABLE all_key (a int PRIMARY KEY); CREATE TABLE no_key (a int);"
        "CREATE TABLE partly (a int PRIMARY KEY, b int, c int);"
        "CREATE TABLE good (a int PRIMARY KEY, b int);"
        f"GRANT UPDATE ON t, all_key, no_key TO {WRITER}; "
        f"GRANT UPDATE (a, b) ON partly TO {WRITER};"
        f"GRANT UPDATE (b) ON good TO {WRITER}; GRANT INSERT ON good TO {WRITER}",
    )

    [found] = pair.findings(KEYS)

    assert (found.object, found.severity, found.side) == (WRITER, Severity.WARNING, Side.SOURCE)
    assert f"({pair.schema}.all_key, {pair.schema}.partly, {pair.schema}.t)" in found.why
    run_fixes(pair, KEYS)
    kept = {("t", "c"), ("t", "d"), ("partly", "b"), ("good", "b"), ("no_key", "a")}
    taken = {("t", "Key"), ("t", "b"), ("all_key", "a"), ("partly", "a"), ("partly", "c")}
    for table, column in kept:
        assert may(pair, WRITER, "UPDATE", table, column), (table, column)
    for table, column in taken:
        assert not may(pair, WRITER, "UPDATE", table, column), (table, column)


def test_of_many_tables_some_are_named_and_the_rest_is_counted(pair: Pair) -> None:
    for number in range(5):
        pair.run("source", f"CREATE TABLE t{number} (a int PRIMARY KEY)")
    pair.run("source", f"GRANT UPDATE ON ALL TABLES IN SCHEMA {pair.schema} TO PUBLIC")

    [found] = pair.findings(KEYS)

    assert found.object == "PUBLIC"
    assert f"{pair.schema}.t2 and 2 more)" in found.why
    run_fixes(pair, KEYS)
