"""Checks of one side's tables, columns and constraints, each with a defect, its fix and its end."""

import pytest

from functions.preflight.model import Severity
from functions.preflight.replication_task import ReplicationTask
from functions.runtime.route import Side
from tests.functions.preflight.planted import Case, show_fix_and_see_it_gone
from tests.functions.preflight.support import Pair

pytestmark = pytest.mark.postgres

TRIGGER = """
    CREATE TABLE t (id int PRIMARY KEY);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER "Audit it" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
"""
REPLICA = {"task": ReplicationTask(replica_role=True)}
FULL_LOB = {"task": ReplicationTask(full_lob=True, lob_limit_bytes=None)}

KEYS = [
    Case(
        "primary-keys",
        "no key and nothing to make one of",
        ('{s}."Odd Name"',),
        source='CREATE TABLE "Odd Name" (a int); CREATE TABLE good (a int PRIMARY KEY)',
    ),
    Case(
        "primary-keys",
        "a unique index",
        ("{s}.t",),
        source='CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX "I 1" ON t (a)',
    ),
    Case(
        "primary-keys",
        "a unique constraint of two columns with names to quote",
        ("{s}.t",),
        source='CREATE TABLE t ("user" int NOT NULL, "B" int NOT NULL, UNIQUE ("user", "B"))',
    ),
    Case(
        "primary-keys",
        "a partitioned table with a unique constraint is named once",
        ("{s}.t",),
        source="CREATE TABLE t (a int NOT NULL UNIQUE) PARTITION BY RANGE (a);"
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
    ),
    Case(
        "primary-keys",
        "a unique index that some rows are not in is none",
        ("{s}.t",),
        source="CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX ON t (a) WHERE a > 0",
    ),
    Case(
        "replica-identities",
        "nothing",
        ("{s}.t",),
        source="CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING",
    ),
    Case(
        "replica-identities",
        "another index than the key's",
        ("{s}.t",),
        source="CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL CONSTRAINT u UNIQUE);"
        "ALTER TABLE t REPLICA IDENTITY USING INDEX u",
    ),
    Case(
        "full-replica-identities",
        "full",
        ("{s}.t",),
        source="CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY FULL",
        severity=Severity.WARNING,
    ),
    Case(
        "names-differing-in-case",
        "two tables",
        ('{s}."T", {s}.t',),
        source='CREATE TABLE t (a int); CREATE TABLE "T" (a int); CREATE TABLE u (a int)',
        undo='ALTER TABLE "T" RENAME TO another',
    ),
    Case(
        "coalesce-indexes",
        "a unique one",
        ("{s}.i",),
        source="CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (coalesce(a, 0));"
        "CREATE INDEX harmless ON t (coalesce(a, 1))",
        undo="DROP INDEX i",
    ),
]
TABLES = [
    Case(
        "unlogged-tables",
        "on the source",
        ("{s}.t",),
        source="CREATE UNLOGGED TABLE t (a int); CREATE TABLE u (a int)",
    ),
    Case(
        "unlogged-tables",
        "on the target",
        ("{s}.t",),
        target="CREATE UNLOGGED TABLE t (a int)",
        side=Side.TARGET,
    ),
    Case(
        "inheritance",
        "a child",
        ("{s}.child",),
        source="CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent)",
    ),
    Case(
        "partitioned-tables",
        "one with two partitions",
        ("{s}.t",),
        source="CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t"
        " DEFAULT; CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1) TO (2)",
        severity=Severity.WARNING,
        undo="DROP TABLE t",
    ),
    Case(
        "target-triggers",
        "an ordinary trigger fires for DMS",
        ('"Audit it" on {s}.t',),
        both=TRIGGER,
        side=Side.TARGET,
    ),
    Case(
        "target-triggers",
        "one that fires always, in the replica role",
        ('"Audit it" on {s}.t',),
        both=TRIGGER + 'ALTER TABLE t ENABLE ALWAYS TRIGGER "Audit it"',
        side=Side.TARGET,
        situation=REPLICA,
    ),
    Case(
        "target-rules",
        "a rule that does nothing instead",
        ("r on {s}.t",),
        both="CREATE TABLE t (a int); CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        side=Side.TARGET,
    ),
    Case(
        "row-security",
        "forced on the owner",
        ("{s}.t",),
        both="CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        target="ALTER TABLE t FORCE ROW LEVEL SECURITY",
        side=Side.TARGET,
    ),
]
COLUMNS = [
    Case(
        "unbounded-numeric",
        "also in a domain and a partitioned table",
        ("{s}.p.a", '{s}.t."Amount"', "{s}.t.d"),
        source='CREATE DOMAIN d AS numeric; CREATE TABLE t (id int, "Amount" numeric, d d,'
        " fine numeric(18, 2)); INSERT INTO t VALUES (1, 1.5, 2.5, 1.5), (2, 'NaN', NULL, NULL);"
        "CREATE TABLE p (i int, a numeric) PARTITION BY LIST (i);"
        "CREATE TABLE p1 PARTITION OF p DEFAULT",
    ),
    Case(
        "unbounded-numeric",
        "carried as text, which has its bound too",
        ("{s}.t.a",),
        source="CREATE TABLE t (a numeric, b numeric(28, 6))",
        severity=Severity.WARNING,
        situation={"task": ReplicationTask(numeric_as_text=True)},
    ),
    Case(
        "wide-numeric",
        "of 40 digits",
        ("{s}.t.a",),
        source="CREATE TABLE t (a numeric(40, 2), b numeric(38, 10))",
        severity=Severity.WARNING,
    ),
    Case("oid-columns", "an OID", ("{s}.t.a",), source="CREATE TABLE t (a oid, b bigint)"),
    Case(
        "unlisted-types",
        "a position in the WAL",
        ("{s}.t.a",),
        source="CREATE TABLE t (a pg_lsn, b text[], c int4range, d uuid)",
        severity=Severity.WARNING,
        undo="ALTER TABLE t DROP a",
    ),
    Case(
        "generated-columns",
        "stored",
        ("{s}.t.b",),
        source="CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
        severity=Severity.WARNING,
        undo="ALTER TABLE t DROP b",
    ),
    Case(
        "identity-always",
        "on the target",
        ("{s}.t.a",),
        source="CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY)",
        target="CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
        side=Side.TARGET,
        severity=Severity.WARNING,
    ),
    Case(
        "required-lobs",
        "text that may not be NULL, in full LOB mode",
        ("{s}.t.b",),
        both="CREATE TABLE t (a int PRIMARY KEY, b jsonb NOT NULL, c text, d int NOT NULL)",
        side=Side.TARGET,
        situation=FULL_LOB,
    ),
    Case(
        "required-lobs",
        "text that is the key",
        ("{s}.t.a",),
        both="CREATE TABLE t (a text PRIMARY KEY)",
        side=Side.TARGET,
        situation=FULL_LOB,
        undo="ALTER TABLE t ALTER a TYPE varchar(40)",
    ),
]
VALUES = [
    Case(
        "special-values",
        "infinity, before Christ, after 9999, NaN, more than 28 digits",
        ("{s}.t.a", "{s}.t.b", "{s}.t.c", "{s}.t.d", "{s}.t.e", "{s}.t.g"),
        source="CREATE TABLE t (a timestamptz, b date, c timestamp, d numeric, e float8, f date,"
        " g numeric, h numeric, i numeric(38, 9)); INSERT INTO t"
        " VALUES ('infinity', '0044-03-15 BC', '10000-01-01', 'NaN', '-Infinity', '2026-01-01',"
        " -0.00000000000000000000000000001, -12345678901234567890.12345678, 10 ^ 28),"
        " (now(), now(), now(), 1, 1, NULL, 0.10, 10 ^ 27, 1)",
        undo="DELETE FROM t WHERE a = 'infinity'",
    ),
    Case(
        "large-values",
        "longer than the task takes, counted as DMS does",
        ("{s}.t.a", "{s}.t.c"),
        source="CREATE TABLE t (a text, b text, c bytea, d jsonb, e varchar(90000));"
        "INSERT INTO t VALUES (repeat('x', 20000), repeat('x', 16000), repeat('x', 40000)::bytea,"
        " '{}', repeat('x', 80000))",
        undo="UPDATE t SET a = '', c = ''",
    ),
]
CONSTRAINTS = [
    Case(
        "deferrable-constraints",
        "a foreign key and a unique constraint",
        ("f on {s}.t", "u on {s}.t"),
        source="CREATE TABLE t (a int PRIMARY KEY, b int, CONSTRAINT f FOREIGN KEY (b) REFERENCES t"
        " DEFERRABLE, CONSTRAINT u UNIQUE (b) DEFERRABLE INITIALLY DEFERRED)",
        severity=Severity.WARNING,
    ),
    Case(
        "deferrable-constraints",
        "a primary key",
        ("k on {s}.t",),
        source='CREATE TABLE t (a int, "B" int, CONSTRAINT k PRIMARY KEY (a, "B") DEFERRABLE)',
    ),
    Case(
        "exclusion-constraints",
        "of ranges",
        ("x on {s}.t",),
        source="CREATE TABLE t (a int4range, CONSTRAINT x EXCLUDE USING gist (a WITH &&))",
        severity=Severity.NOTE,
        undo="ALTER TABLE t DROP CONSTRAINT x",
    ),
    Case(
        "target-foreign-keys",
        "one of a partitioned table",
        ("f on {s}.t",),
        both="CREATE TABLE r (a int PRIMARY KEY);"
        "CREATE TABLE t (a int CONSTRAINT f REFERENCES r) PARTITION BY LIST (a);"
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
        side=Side.TARGET,
        severity=Severity.WARNING,
    ),
    Case(
        "sequences",
        "a serial column's type is the bound",
        ("{s}.t_a_seq",),
        source="CREATE TABLE t (a serial); ALTER SEQUENCE t_a_seq AS bigint;"
        "SELECT setval('t_a_seq', 2147483600)",
    ),
    Case(
        "sequences",
        "an identity's",
        ("{s}.t_a_seq",),
        source="CREATE TABLE t (a smallint GENERATED BY DEFAULT AS IDENTITY);"
        "SELECT setval('t_a_seq', 32760)",
    ),
    Case(
        "sequences",
        "one that counts down, to a bound of its own",
        ('{s}."Down"',),
        source='CREATE SEQUENCE "Down" INCREMENT -2 MINVALUE -100 START -2;'
        "CREATE SEQUENCE cycles MAXVALUE 5 CYCLE; CREATE SEQUENCE fresh",
    ),
    Case(
        "sequences",
        "nine tenths used",
        ("{s}.q",),
        source="CREATE SEQUENCE q MAXVALUE 1000000; SELECT setval('q', 950000)",
        severity=Severity.WARNING,
    ),
    Case(
        "target-not-empty",
        "a table that another refers to",
        ("{s}.r",),
        both="CREATE TABLE r (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES r);"
        "INSERT INTO r VALUES (1)",
        side=Side.TARGET,
    ),
]


@pytest.mark.parametrize(
    "case", [*KEYS, *TABLES, *COLUMNS, *VALUES, *CONSTRAINTS], ids=lambda case: str(case)
)
def test_a_defect_is_found_and_its_fix_ends_it(case: Case, pair: Pair) -> None:
    show_fix_and_see_it_gone(case, pair)


def test_a_numeric_that_does_not_fit_is_left_as_it_is(pair: Pair) -> None:
    pair.both("CREATE TABLE t (a numeric)")
    pair.run("source", "INSERT INTO t VALUES (1.23456789)")
    [found] = pair.findings("unbounded-numeric")
    assert found.fix is not None
    with pytest.raises(Exception, match="migration_numeric_fits"):
        pair.run("source", found.fix)
    assert pair.connection(Side.SOURCE).execute("SELECT a::text FROM t").fetchall() == [
        ("1.23456789",)
    ]
