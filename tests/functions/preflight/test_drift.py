"""The catalogue's hash: equal exactly when the definitions are, and telling what has changed."""

from dataclasses import replace

import pytest

from functions.preflight.catalogue import Described
from functions.preflight.checks.drift import read
from functions.preflight.errors import UnusableInputError
from functions.preflight.fingerprint import (
    GREATEST_LENGTH,
    Fingerprint,
    drift,
    fingerprint,
    parse,
)
from functions.preflight.model import Phase, Severity, Situation
from functions.runtime.route import Side
from tests.functions.preflight.support import BY_NAME, Pair

SCHEMA = """
    CREATE TYPE e AS ENUM ('a', 'b');
    CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'x', c e);
    CREATE INDEX i ON t (b);
    CREATE SEQUENCE q;
    CREATE VIEW v AS SELECT a FROM t;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
    CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
    CREATE POLICY p ON t USING (a > 0);
"""
CHANGES = {
    "column {s}.t.b": "ALTER TABLE t ALTER b DROP DEFAULT",
    "constraint c on {s}.t": "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
    "index {s}.i": "DROP INDEX i; CREATE INDEX i ON t (lower(b))",
    "type {s}.e": "ALTER TYPE e ADD VALUE 'c'",
    "sequence {s}.q": "ALTER SEQUENCE q INCREMENT 2",
    "view {s}.v": "CREATE OR REPLACE VIEW v AS SELECT a + 0 AS a FROM t",
    "routine {s}.f()": "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NULL; END'",
    "trigger g on {s}.t": "ALTER TABLE t DISABLE TRIGGER g",
    "policy p on {s}.t": "ALTER POLICY p ON t USING (a > 1)",
    "table {s}.t": "ALTER TABLE t REPLICA IDENTITY FULL",
    "routine {s}.total(integer)": "DROP AGGREGATE total (int)",
}


def current(pair: Pair) -> Fingerprint:
    probe = pair.probe(Side.SOURCE, Situation(Phase.BEFORE_LOAD))
    return fingerprint(row[0] for row in read(probe))


def given(text: str | None) -> Situation:
    return Situation(Phase.BEFORE_CUTOVER, catalogue_hash=text)


@pytest.mark.postgres
def test_every_change_is_found_and_named(pair: Pair) -> None:
    pair.run("source", SCHEMA)
    for name, change in CHANGES.items():
        before = current(pair).text
        assert pair.findings("drift", given(before)) == ()
        pair.run("source", change)
        [found] = pair.findings("drift", given(before))
        assert (found.severity, found.side) == (Severity.BLOCKING, Side.SOURCE)
        assert found.object == name.format(s=pair.schema)
    assert BY_NAME["drift"].phases == frozenset(Phase)


@pytest.mark.postgres
def test_what_the_migration_itself_does_is_no_drift(pair: Pair) -> None:
    pair.run("source", SCHEMA)
    before = current(pair)
    pair.run(
        "source",
        "CREATE TABLE migration_sentinel (id int PRIMARY KEY, value bigint NOT NULL);"
        "CREATE TABLE awsdms_heartbeat (a int); REVOKE ALL ON t FROM payments_writer;"
        "GRANT SELECT ON t TO payments_writer; INSERT INTO t VALUES (1); ANALYZE t",
    )
    assert current(pair) == before
    assert pair.findings("drift", given(None)) == ()


@pytest.mark.postgres
def test_without_names_a_change_is_found_all_the_same(pair: Pair) -> None:
    pair.run("source", SCHEMA)
    before = replace(current(pair), objects=None).text
    pair.run("source", "DROP VIEW v")
    [found] = pair.findings("drift", given(before))
    assert found.object == "schema"


def objects(*definitions: str) -> list[Described]:
    return [
        Described("view", f"s.v{number}", None, definition, None, "o")
        for number, definition in enumerate(definitions)
    ]


def test_a_hash_survives_being_text() -> None:
    before = fingerprint(objects("one", "two", "three"))
    assert parse(before.text) == before
    assert before.text.isascii()
    assert before.text == fingerprint(reversed(objects("one", "two", "three"))).text


def test_additions_removals_and_changes_are_told_apart() -> None:
    before = fingerprint(objects("one", "two", "three"))
    now = fingerprint([*objects("one", "other"), Described("rule", "r", None, "x", None, "o")])
    found = drift(parse(before.text), now)
    assert found is not None
    assert (found.added, found.removed, found.changed) == (
        ("rule r",),
        ("view s.v2",),
        ("view s.v1",),
    )


def test_a_hash_of_very_many_objects_is_short_and_still_a_hash() -> None:
    many = fingerprint(objects(*map(str, range(20_000))))
    assert len(many.text) <= GREATEST_LENGTH
    assert parse(many.text) == replace(many, objects=None)
    some = fingerprint(objects(*map(str, range(1_000))))
    assert parse(some.text).objects is not None


@pytest.mark.parametrize("text", ["", "v1", "v2." + "0" * 64 + ".", "v1.short.", "v1." + "0" * 64])
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(UnusableInputError, match="catalogue_hash"):
        parse(text)


def test_a_damaged_hash_is_refused() -> None:
    with pytest.raises(UnusableInputError, match="damaged"):
        parse("v1." + "0" * 64 + ".AAAA")
