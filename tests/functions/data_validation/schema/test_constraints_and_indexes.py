"""Differences between constraints and indexes, planted on real servers."""

from typing import Any

import pytest

from functions.data_validation.schema.constraints import read_constraints
from tests.functions.data_validation.schema.support import Case, Planted

TABLES = """
    CREATE TABLE r (id int PRIMARY KEY);
    CREATE TABLE t (id int NOT NULL, r int, a int, during int4range);
"""
PARTITIONED = """
    CREATE TABLE t (a int NOT NULL, b int) PARTITION BY RANGE (a);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
    CREATE TABLE t2 PARTITION OF t DEFAULT;
"""
KEY = "FOREIGN KEY (r) REFERENCES s.r(id)"

CONSTRAINTS = [
    Case(
        "missing constraints of every kind",
        both=TABLES,
        source="""
            ALTER TABLE t ADD PRIMARY KEY (id), ADD UNIQUE (a), ADD CHECK (a > 0),
                ADD FOREIGN KEY (r) REFERENCES r, ADD EXCLUDE USING gist (during WITH &&)
        """,
        expected=(
            ("constraint", "t_a_check on s.t", "presence", "present", None),
            ("constraint", "t_a_key on s.t", "presence", "present", None),
            ("constraint", "t_during_excl on s.t", "presence", "present", None),
            ("constraint", "t_pkey on s.t", "presence", "present", None),
            ("constraint", "t_r_fkey on s.t", "presence", "present", None),
        ),
    ),
    Case(
        "an extra constraint",
        both=TABLES,
        target="ALTER TABLE t ADD UNIQUE (a)",
        expected=(("constraint", "t_a_key on s.t", "presence", None, "present"),),
    ),
    Case(
        "another order of a primary key",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id, a)",
        target="ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a, id)",
        expected=(
            ("constraint", "k on s.t", "definition", "PRIMARY KEY (id, a)", "PRIMARY KEY (a, id)"),
        ),
    ),
    Case(
        "a unique constraint for which nulls are equal",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)",
        target="ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a)",
        expected=(
            (
                "constraint",
                "k on s.t",
                "definition",
                "UNIQUE (a)",
                "UNIQUE NULLS NOT DISTINCT (a)",
            ),
        ),
    ),
    Case(
        "another check",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        target="ALTER TABLE t ADD CONSTRAINT k CHECK (a >= 0)",
        expected=(("constraint", "k on s.t", "definition", "CHECK ((a > 0))", "CHECK ((a >= 0))"),),
    ),
    Case(
        "a check that was never validated",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        target="ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
        expected=(("constraint", "k on s.t", "validated", "yes", "no"),),
    ),
    Case(
        "a foreign key with another action",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r",
        target="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r ON DELETE CASCADE",
        expected=(("constraint", "k on s.t", "definition", KEY, f"{KEY} ON DELETE CASCADE"),),
    ),
    Case(
        "a foreign key that is deferred",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r",
        target="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r INITIALLY DEFERRED",
        expected=(
            (
                "constraint",
                "k on s.t",
                "definition",
                KEY,
                f"{KEY} DEFERRABLE INITIALLY DEFERRED",
            ),
        ),
    ),
    Case(
        "a foreign key that is not enforced",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r",
        target="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r NOT ENFORCED",
        expected=(("constraint", "k on s.t", "definition", KEY, f"{KEY} NOT ENFORCED"),),
    ),
    Case(
        "a foreign key that was never validated",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r",
        target="ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (r) REFERENCES r NOT VALID",
        expected=(("constraint", "k on s.t", "validated", "yes", "no"),),
    ),
    Case(
        "a constraint of a partitioned table is not repeated for its partitions",
        both=PARTITIONED + TABLES.replace("TABLE t ", "TABLE o "),
        source="ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES r, ADD CHECK (b > 0), ADD UNIQUE (a)",
        expected=(
            ("constraint", "t_a_key on s.t", "presence", "present", None),
            ("constraint", "t_b_check on s.t", "presence", "present", None),
            ("constraint", "t_b_fkey on s.t", "presence", "present", None),
        ),
    ),
    Case(
        "a key whose index lacks partitions",
        both=PARTITIONED,
        source="ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a)",
        target="ALTER TABLE ONLY t ADD CONSTRAINT k PRIMARY KEY (a)",
        expected=(("constraint", "k on s.t", "valid index", "yes", "no"),),
    ),
    Case(
        "a constraint on a column that only one side has is implied",
        both="CREATE TABLE r (id int PRIMARY KEY); CREATE TABLE t (a int);",
        source="ALTER TABLE t ADD b int UNIQUE CHECK (b > 0) REFERENCES r",
        expected=(("column", "s.t.b", "presence", "present", None),),
    ),
    Case(
        "a foreign key to a table that only one side has is implied",
        both="CREATE TABLE r (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES r);",
        target="DROP TABLE r CASCADE",
        expected=(("table", "s.r", "presence", "present", None),),
    ),
]

INDEXES = [
    Case(
        "a missing index",
        both=TABLES,
        source="CREATE INDEX i ON t (a)",
        expected=(("index", "s.i", "presence", "present", None),),
    ),
    Case(
        "an index on another table",
        both=TABLES,
        source="CREATE INDEX i ON t (id)",
        target="CREATE INDEX i ON r (id)",
        expected=(("index", "s.i", "on", "s.t", "s.r"),),
    ),
    Case(
        "an index that is not unique",
        both=TABLES,
        source="CREATE UNIQUE INDEX i ON t (a)",
        target="CREATE INDEX i ON t (a)",
        expected=(("index", "s.i", "unique", "yes", "no"),),
    ),
    Case(
        "an index that lacks partitions",
        both=PARTITIONED,
        source="CREATE INDEX i ON t (b)",
        target="CREATE INDEX i ON ONLY t (b)",
        expected=(("index", "s.i", "valid", "yes", "no"),),
    ),
    Case(
        "another method, order, expression, condition and included column",
        both=TABLES,
        source="CREATE INDEX i ON t (a, abs(id)) INCLUDE (r) WHERE a > 0;\n"
        "CREATE INDEX j ON t USING hash (a)",
        target="CREATE INDEX i ON t (a DESC, abs(r)) WHERE a > 1;\nCREATE INDEX j ON t (a)",
        expected=(
            (
                "index",
                "s.i",
                "definition",
                "USING btree (a, abs(id)) INCLUDE (r) WHERE (a > 0)",
                "USING btree (a DESC, abs(r)) WHERE (a > 1)",
            ),
            ("index", "s.j", "definition", "USING hash (a)", "USING btree (a)"),
        ),
    ),
    Case(
        "an index of a materialized view",
        both="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;",
        source="CREATE INDEX i ON v (a)",
        expected=(("index", "s.i", "presence", "present", None),),
    ),
    Case(
        "an index with a name that looks like a definition",
        both=TABLES,
        source='CREATE INDEX "i ON ""t"" USING" ON t (a)',
        target='CREATE INDEX "i ON ""t"" USING" ON t (id)',
        expected=(
            (
                "index",
                's."i ON ""t"" USING"',
                "definition",
                "USING btree (a)",
                "USING btree (id)",
            ),
        ),
    ),
]

EQUAL = [
    Case(
        "names of the indexes of partitions",
        both=PARTITIONED,
        source="CREATE INDEX i ON t (b)",
        target="CREATE INDEX i ON ONLY t (b);\n"
        "CREATE INDEX one ON t1 (b);\nCREATE INDEX two ON t2 (b);\n"
        "ALTER INDEX i ATTACH PARTITION one;\nALTER INDEX i ATTACH PARTITION two",
    ),
    Case(
        "a foreign key to a partitioned table",
        both=PARTITIONED
        + "ALTER TABLE t ADD PRIMARY KEY (a); CREATE TABLE o (a int REFERENCES t (a));",
    ),
    Case(
        "a key that was made from an index",
        both=TABLES,
        source="ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id)",
        target="CREATE UNIQUE INDEX i ON t (id);\n"
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX i",
    ),
]

CASES = [*CONSTRAINTS, *INDEXES, *EQUAL]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_exactly_what_was_planted_is_found(case: Case, planted: Planted) -> None:
    assert planted.found(case) == case.expected_in(planted.schemas[case.title])


def test_every_attribute_of_constraints_and_indexes_is_planted(planted: Planted) -> None:
    known = {each for each in planted.attributes() if each[0] in {"constraint", "index"}}
    found = {(kind, attribute) for case in CASES for kind, _, attribute, *_ in case.expected}
    assert known - found == set()


def test_foreign_keys_whose_triggers_are_disabled_on_a_partition_are_told() -> None:
    # Only a superuser may disable the triggers of a foreign key; Aurora has none.
    def row(oid: str, parent: str | None, table: str, name: str, states: list[str]) -> Any:
        key = "FOREIGN KEY (a) REFERENCES s.r(id)"
        inherited = parent is not None
        names = ("s", table, name, True, key, None, "s", "r", ["a"], states)
        return (oid, parent, inherited, *names)

    rows = [
        row("3", "2", "t1a", "of a partition's partition", ["D"]),
        row("2", "1", "t1", "of a partition", ["O"]),
        row("1", None, "t", "k", ["O"]),
        row("4", None, "u", "k", ["O"]),
    ]
    objects = {each.identity: each for each in read_constraints(lambda _: rows)}
    states = {
        identity.name: each.attributes["state"]
        for identity, each in objects.items()
        if identity.kind == "trigger-state"
    }
    assert states == {"constraint k on s.t": "disabled, enabled", "constraint k on s.u": "enabled"}
