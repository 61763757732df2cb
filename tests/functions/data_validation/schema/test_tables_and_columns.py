"""Differences between tables, columns and sequences, planted on real servers."""

import pytest

from tests.functions.data_validation.schema.support import Case, Planted

PARTITIONED = """
    CREATE TABLE t (a int NOT NULL, b int NOT NULL DEFAULT 1) PARTITION BY RANGE (a);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
    CREATE TABLE t2 PARTITION OF t DEFAULT;
"""
FULL_TABLE = """
    CREATE TABLE t (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text COLLATE "C" DEFAULT 'x' CHECK (name <> '') UNIQUE,
        parent bigint REFERENCES t (id)
    );
    CREATE INDEX ON t (parent);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
    CREATE POLICY p ON t USING (true);
    GRANT SELECT ON t TO payments_writer;
    GRANT UPDATE (name) ON t TO payments_writer;
    GRANT USAGE ON SEQUENCE t_id_seq TO payments_writer;
"""
TWO_COLUMNS = "CREATE TABLE t (a int, b int);"
SEQUENCE = "CREATE SEQUENCE q;"

TABLES = [
    Case(
        "a missing table is one difference whatever belongs to it",
        both=FULL_TABLE,
        target="DROP TABLE t",
        expected=(("table", "s.t", "presence", "present", None),),
    ),
    Case(
        "an extra table is one difference whatever belongs to it",
        both=FULL_TABLE,
        source="DROP TABLE t",
        expected=(("table", "s.t", "presence", None, "present"),),
    ),
    Case(
        "a missing partitioned table is one difference whatever its partitions",
        both=PARTITIONED,
        target="DROP TABLE t",
        expected=(("table", "s.t", "presence", "present", None),),
    ),
    Case(
        "a missing partition",
        both=PARTITIONED + "CREATE INDEX ON t (b); GRANT SELECT ON t1 TO payments_writer;",
        target="DROP TABLE t1",
        expected=(("table", "s.t1", "presence", "present", None),),
    ),
    Case(
        "a table that is partitioned on one side",
        source="CREATE TABLE t (a int)",
        target="CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        expected=(
            ("table", "s.t", "kind", "table", "partitioned table"),
            ("table", "s.t", "partition key", None, "RANGE (a)"),
        ),
    ),
    Case(
        "another partition key",
        source="CREATE TABLE t (a int, b int) PARTITION BY RANGE (a)",
        target="CREATE TABLE t (a int, b int) PARTITION BY RANGE (b, abs(a))",
        expected=(("table", "s.t", "partition key", "RANGE (a)", "RANGE (b, abs(a))"),),
    ),
    Case(
        "another bound of a partition",
        both="CREATE TABLE t (at timestamptz) PARTITION BY RANGE (at);",
        source="CREATE TABLE t1 PARTITION OF t"
        " FOR VALUES FROM ('2025-01-01 08:00+08') TO (MAXVALUE)",
        target="CREATE TABLE t1 PARTITION OF t"
        " FOR VALUES FROM ('2025-01-02 00:00+00') TO (MAXVALUE)",
        expected=(
            (
                "table",
                "s.t1",
                "partition of",
                "s.t FOR VALUES FROM ('2025-01-01 00:00:00+00') TO (MAXVALUE)",
                "s.t FOR VALUES FROM ('2025-01-02 00:00:00+00') TO (MAXVALUE)",
            ),
        ),
    ),
    Case(
        "a partition that is detached",
        both=PARTITIONED,
        target="ALTER TABLE t DETACH PARTITION t2",
        expected=(("table", "s.t2", "partition of", "s.t DEFAULT", None),),
    ),
    Case(
        "a child that no longer inherits",
        both="CREATE TABLE t (a int); CREATE TABLE c () INHERITS (t);",
        target="ALTER TABLE c NO INHERIT t",
        expected=(("table", "s.c", "inherits", "s.t", None),),
    ),
    Case(
        "an unlogged table",
        both=TWO_COLUMNS,
        target="ALTER TABLE t SET UNLOGGED",
        expected=(("table", "s.t", "persistence", "permanent", "unlogged"),),
    ),
    Case(
        "another replica identity",
        both="CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a);",
        source="ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        target="ALTER TABLE t REPLICA IDENTITY FULL",
        expected=(("table", "s.t", "replica identity", "i", "full"),),
    ),
    Case(
        "row security that is off",
        both=TWO_COLUMNS,
        source="ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        expected=(("table", "s.t", "row security", "yes", "no"),),
    ),
    Case(
        "row security that the owner need not obey",
        both=TWO_COLUMNS,
        source="ALTER TABLE t FORCE ROW LEVEL SECURITY",
        expected=(("table", "s.t", "forced row security", "yes", "no"),),
    ),
]

COLUMNS = [
    Case(
        "a missing column is one difference whatever depends on it",
        both="CREATE TABLE r (id int PRIMARY KEY);"
        "CREATE TABLE t (a int, b int DEFAULT 1 CHECK (b > 0) REFERENCES r, UNIQUE (a, b));"
        "CREATE INDEX ON t (b); GRANT SELECT (b) ON t TO payments_writer;",
        target="ALTER TABLE t DROP COLUMN b",
        expected=(("column", "s.t.b", "presence", "present", None),),
    ),
    Case(
        "a missing serial column takes its sequence with it",
        both="CREATE TABLE t (a int, b serial);",
        target="ALTER TABLE t DROP COLUMN b",
        expected=(("column", "s.t.b", "presence", "present", None),),
    ),
    Case(
        "a column that is missing in all partitions",
        both=PARTITIONED,
        target="ALTER TABLE t DROP COLUMN b",
        expected=(("column", "s.t.b", "presence", "present", None),),
    ),
    Case(
        "another type",
        both="CREATE TABLE t (a numeric(18, 2), b int[]);",
        target="ALTER TABLE t ALTER a TYPE numeric(18, 4), ALTER b TYPE bigint[]",
        expected=(
            ("column", "s.t.a", "type", "numeric(18,2)", "numeric(18,4)"),
            ("column", "s.t.b", "type", "integer[]", "bigint[]"),
        ),
    ),
    Case(
        "another type in a partitioned table is not repeated for its partitions",
        both=PARTITIONED,
        target="ALTER TABLE t ALTER b TYPE bigint",
        expected=(("column", "s.t.b", "type", "integer", "bigint"),),
    ),
    Case(
        "another default in one partition alone",
        both=PARTITIONED,
        target="ALTER TABLE t1 ALTER b SET DEFAULT 2",
        expected=(("column", "s.t1.b", "default", "1", "2"),),
    ),
    Case(
        "a column that may be null",
        both="CREATE TABLE t (a int NOT NULL);",
        target="ALTER TABLE t ALTER a DROP NOT NULL",
        expected=(("column", "s.t.a", "nullable", "no", "yes"),),
    ),
    Case(
        "a NOT NULL constraint that was never validated",
        both=TWO_COLUMNS,
        source="ALTER TABLE t ALTER a SET NOT NULL",
        target="ALTER TABLE t ADD CONSTRAINT present NOT NULL a NOT VALID",
        expected=(("column", "s.t.a", "nullable", "no", "not null, not validated"),),
    ),
    Case(
        "another default, and one that is missing",
        both="CREATE TABLE t (a text DEFAULT 'it''s  \"a\"', b int DEFAULT 0);",
        target="ALTER TABLE t ALTER a SET DEFAULT 'it''s \"a\"', ALTER b DROP DEFAULT",
        expected=(
            ("column", "s.t.a", "default", "'it''s  \"a\"'::text", "'it''s \"a\"'::text"),
            ("column", "s.t.b", "default", "0", None),
        ),
    ),
    Case(
        "another generation expression",
        source="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
        target="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 3) STORED)",
        expected=(("column", "s.t.b", "generated", "stored: (a * 2)", "stored: (a * 3)"),),
    ),
    Case(
        "a generated column that is not stored",
        source="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
        target="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)",
        expected=(("column", "s.t.b", "generated", "stored: (a * 2)", "virtual: (a * 2)"),),
    ),
    Case(
        "a column that is no longer generated",
        both="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);",
        target="ALTER TABLE t ALTER b DROP EXPRESSION",
        expected=(("column", "s.t.b", "generated", "stored: (a * 2)", None),),
    ),
    Case(
        "another kind of identity",
        both="CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);",
        target="ALTER TABLE t ALTER a SET GENERATED BY DEFAULT",
        expected=(("column", "s.t.a", "identity", "always", "by default"),),
    ),
    Case(
        "an identity that is missing takes its sequence with it",
        both="CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);"
        "GRANT USAGE ON SEQUENCE t_a_seq TO payments_writer;",
        target="ALTER TABLE t ALTER a DROP IDENTITY",
        expected=(("column", "s.t.a", "identity", "always", None),),
    ),
    Case(
        "another collation",
        source='CREATE TABLE t (a text COLLATE "C", b text COLLATE "C")',
        target='CREATE TABLE t (a text, b text COLLATE "POSIX")',
        expected=(
            ("column", "s.t.a", "collation", 'pg_catalog."C"', None),
            ("column", "s.t.b", "collation", 'pg_catalog."C"', 'pg_catalog."POSIX"'),
        ),
    ),
    Case(
        "names with capitals, quotes, dots and other alphabets",
        both='CREATE TABLE "Größe.""x""" ("支付 id" int, "true" int);',
        target='ALTER TABLE "Größe.""x""" ALTER "支付 id" TYPE bigint, ALTER "true" SET DEFAULT 1',
        expected=(
            ("column", 's."Größe.""x"""."true"', "default", None, "1"),
            ("column", 's."Größe.""x"""."支付 id"', "type", "integer", "bigint"),
        ),
    ),
]

SEQUENCES = [
    Case(
        "a missing sequence",
        both=SEQUENCE + "GRANT USAGE ON SEQUENCE q TO payments_writer;",
        target="DROP SEQUENCE q",
        expected=(("sequence", "s.q", "presence", "present", None),),
    ),
    Case(
        "another type of sequence, whose default bounds differ by it",
        both=SEQUENCE,
        target="ALTER SEQUENCE q AS int",
        expected=(("sequence", "s.q", "type", "bigint", "integer"),),
    ),
    Case(
        "another start",
        both=SEQUENCE,
        target="ALTER SEQUENCE q START 7",
        expected=(("sequence", "s.q", "start", "1", "7"),),
    ),
    Case(
        "another increment",
        both=SEQUENCE,
        target="ALTER SEQUENCE q INCREMENT 10",
        expected=(("sequence", "s.q", "increment", "1", "10"),),
    ),
    Case(
        "other bounds",
        both=SEQUENCE,
        target="ALTER SEQUENCE q MINVALUE -5 MAXVALUE 99",
        expected=(
            ("sequence", "s.q", "maximum", None, "99"),
            ("sequence", "s.q", "minimum", None, "-5"),
        ),
    ),
    Case(
        "a sequence that cycles, and one that hands out more at once",
        both=SEQUENCE,
        target="ALTER SEQUENCE q CYCLE CACHE 20",
        expected=(
            ("sequence", "s.q", "cache", "1", "20"),
            ("sequence", "s.q", "cycle", "no", "yes"),
        ),
    ),
    Case(
        "a sequence that no column owns",
        both="CREATE TABLE t (a serial);",
        target="ALTER SEQUENCE t_a_seq OWNED BY NONE",
        expected=(("sequence", "s.t_a_seq", "owned by", "s.t.a", None),),
    ),
    Case(
        "the sequence behind an identity",
        both="CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);",
        target="ALTER TABLE t ALTER a SET INCREMENT 5",
        expected=(("sequence", "s.t_a_seq", "increment", "1", "5"),),
    ),
]

EQUAL = [
    Case(
        "the order of columns",
        source="CREATE TABLE t (a int, b int)",
        target="CREATE TABLE t (b int, dropped int, a int);\nALTER TABLE t DROP COLUMN dropped",
    ),
    Case("the position of a sequence", both=SEQUENCE, target="SELECT nextval('q')"),
    Case(
        "a NOT NULL constraint that has a name",
        source="CREATE TABLE t (a int NOT NULL)",
        target="CREATE TABLE t (a int CONSTRAINT present NOT NULL)",
    ),
    Case(
        "control tables of the migration service",
        both=TWO_COLUMNS,
        target="CREATE TABLE awsdms_ddl_audit (c_key bigserial PRIMARY KEY, c_name text);\n"
        "CREATE FUNCTION awsdms_intercept_ddl() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    Case("comments", both=TWO_COLUMNS, target="COMMENT ON COLUMN t.a IS 'an account'"),
]

CASES = [*TABLES, *COLUMNS, *SEQUENCES, *EQUAL]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_exactly_what_was_planted_is_found(case: Case, planted: Planted) -> None:
    assert planted.found(case) == case.expected_in(planted.schemas[case.title])


def test_every_attribute_of_tables_columns_and_sequences_is_planted(planted: Planted) -> None:
    kinds = {"table", "column", "sequence"}
    known = {each for each in planted.attributes() if each[0] in kinds}
    assert {
        (kind, attribute) for case in CASES for kind, _, attribute, *_ in case.expected
    } == known
