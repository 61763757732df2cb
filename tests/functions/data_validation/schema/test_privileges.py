"""Differences between privileges and owners, planted on real servers."""

import pytest

from tests.functions.data_validation.schema.support import Case, Pair, Planted

TABLE = "CREATE TABLE t (a int, b int); GRANT SELECT ON t TO payments_owner;"
PARTITIONED = """
    CREATE TABLE t (a int) PARTITION BY RANGE (a);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
    CREATE TABLE t2 PARTITION OF t DEFAULT;
"""
FUNCTION = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';"
ALL = "DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"

CASES = [
    Case(
        "a missing privilege on a table",
        both=TABLE,
        source="GRANT SELECT, INSERT ON t TO payments_writer",
        target="GRANT SELECT ON t TO payments_writer",
        expected=(("grant", "table s.t", "payments_writer", "INSERT, SELECT", "SELECT"),),
    ),
    Case(
        "privileges of a role that has none on the target",
        both=TABLE,
        source="GRANT ALL ON t TO payments_writer",
        expected=(("grant", "table s.t", "payments_writer", ALL, None),),
    ),
    Case(
        "the option to grant a privilege",
        both=TABLE,
        source="GRANT SELECT ON t TO payments_writer",
        target="GRANT SELECT ON t TO payments_writer WITH GRANT OPTION",
        expected=(("grant", "table s.t", "payments_writer", "SELECT", "SELECT*"),),
    ),
    Case(
        "a privilege that everyone has",
        both=TABLE,
        target="GRANT SELECT ON t TO PUBLIC",
        expected=(("grant", "table s.t", "PUBLIC", None, "SELECT"),),
    ),
    Case(
        "a privilege that the owner took from himself",
        both=TABLE,
        target="REVOKE UPDATE ON t FROM CURRENT_USER",
        expected=(("grant", "table s.t", "master (owner)", None, ALL.removesuffix(", UPDATE")),),
    ),
    Case(
        "every privilege that the owner had",
        both=TABLE,
        target="REVOKE ALL ON t FROM CURRENT_USER",
        expected=(("grant", "table s.t", "master (owner)", None, "none"),),
    ),
    Case(
        "a privilege on a partitioned table and its partitions alike",
        both=PARTITIONED,
        target="GRANT SELECT ON t, t1, t2 TO payments_writer",
        expected=(("grant", "table s.t", "payments_writer", None, "SELECT"),),
    ),
    Case(
        "a privilege on one partition alone",
        both=PARTITIONED,
        target="GRANT SELECT ON t1 TO payments_writer",
        expected=(("grant", "table s.t1", "payments_writer", None, "SELECT"),),
    ),
    Case(
        "a privilege on a column",
        both=TABLE,
        target="GRANT UPDATE (b) ON t TO payments_writer",
        expected=(("grant", "column s.t.b", "payments_writer", None, "UPDATE"),),
    ),
    Case(
        "a privilege on a view, a sequence and a materialized view",
        both="CREATE VIEW v AS SELECT 1 AS a; CREATE SEQUENCE q;"
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;",
        target="GRANT SELECT ON v, m TO payments_writer;\n"
        "GRANT USAGE ON SEQUENCE q TO payments_writer",
        expected=(
            ("grant", "sequence s.q", "payments_writer", None, "USAGE"),
            ("grant", "view s.m", "payments_writer", None, "SELECT"),
            ("grant", "view s.v", "payments_writer", None, "SELECT"),
        ),
    ),
    Case(
        "what everyone may do with a function, taken away",
        both=FUNCTION,
        target="REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC",
        expected=(("grant", "function s.f(integer)", "PUBLIC", None, "none"),),
    ),
    Case(
        "a privilege on a function",
        both=FUNCTION,
        target="GRANT EXECUTE ON FUNCTION f(int) TO payments_writer",
        expected=(("grant", "function s.f(integer)", "payments_writer", None, "EXECUTE"),),
    ),
    Case(
        "privileges on types",
        both="CREATE TYPE e AS ENUM ('x'); CREATE DOMAIN d AS int; CREATE TYPE c AS (a int);",
        target="GRANT USAGE ON TYPE e, c TO payments_writer;\nREVOKE USAGE ON TYPE d FROM PUBLIC",
        expected=(
            ("grant", "composite s.c", "payments_writer", None, "USAGE"),
            ("grant", "domain s.d", "PUBLIC", None, "none"),
            ("grant", "enum s.e", "payments_writer", None, "USAGE"),
        ),
    ),
    Case(
        "other owners",
        both="CREATE TABLE t (a serial); CREATE TYPE e AS ENUM ('x');" + FUNCTION,
        target="DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO payments_owner',"
        " current_schema); END $$;\n"
        "ALTER TABLE t OWNER TO payments_owner;\nALTER TYPE e OWNER TO payments_owner;\n"
        "ALTER FUNCTION f(int) OWNER TO payments_owner;\n"
        "DO $$ BEGIN EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM payments_owner',"
        " current_schema); END $$",
        expected=(
            ("owner", "enum s.e", "owner", "master", "payments_owner"),
            ("owner", "function s.f(integer)", "owner", "master", "payments_owner"),
            ("owner", "sequence s.t_a_seq", "owner", "master", "payments_owner"),
            ("owner", "table s.t", "owner", "master", "payments_owner"),
        ),
    ),
    Case(
        "a default written out is no difference",
        both=TABLE + FUNCTION,
        target="GRANT ALL ON t TO CURRENT_USER;\nREVOKE ALL ON FUNCTION f(int) FROM PUBLIC;\n"
        "GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC;\n"
        "GRANT UPDATE (b) ON t TO payments_writer;\nREVOKE UPDATE (b) ON t FROM payments_writer",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_exactly_what_was_planted_is_found(case: Case, planted: Planted) -> None:
    assert planted.found(case) == case.expected_in(planted.schemas[case.title])


def test_privileges_and_owners_of_schemas_are_compared(pair: Pair) -> None:
    pair.run("CREATE SCHEMA a; CREATE SCHEMA b")
    pair.target.run("GRANT USAGE ON SCHEMA a TO payments_writer")
    pair.target.run("ALTER SCHEMA b OWNER TO payments_owner")
    assert pair.differences() == [
        ("grant", "schema a", "payments_writer", None, "USAGE"),
        ("owner", "schema b", "owner", "master", "payments_owner"),
    ]


def test_default_privileges_are_compared(pair: Pair) -> None:
    pair.run("CREATE SCHEMA a")
    pair.run("ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT SELECT ON TABLES TO payments_writer")
    pair.source.run(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT INSERT ON TABLES TO payments_writer"
    )
    pair.source.run("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO payments_writer")
    pair.target.run("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    tables, sequences, functions = (
        f"{kind} created by master" for kind in ("tables", "sequences", "functions")
    )
    assert pair.differences() == [
        ("default-privilege", functions, "PUBLIC", None, "none"),
        ("default-privilege", sequences, "payments_writer", "USAGE", None),
        (
            "default-privilege",
            f"{tables} in schema a",
            "payments_writer",
            "INSERT, SELECT",
            "SELECT",
        ),
    ]


def test_privileges_and_owners_can_be_left_out(pair: Pair) -> None:
    pair.run("CREATE TABLE t (a int)")
    pair.target.run("GRANT SELECT ON t TO payments_writer")
    pair.target.run("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO payments_writer")
    assert {each[0] for each in pair.differences()} == {"grant", "default-privilege"}
    assert pair.differences(ignore={"grant", "default-privilege"}) == []
