"""Sampling is bounded, finds what is in what it reads, and says how much that was."""

import pytest

from functions.preflight import sampling
from functions.preflight.model import Phase, Severity, Situation
from functions.preflight.replication_task import ReplicationTask
from functions.preflight.sampling import sample, sampled
from functions.preflight.thresholds import Thresholds
from functions.runtime.route import Side
from tests.functions.preflight.support import Pair, situation_of

pytestmark = pytest.mark.postgres

FEW = Thresholds(sample_rows=500)


def test_a_large_table_is_read_in_part_and_that_is_said(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE big (a int, b numeric(9, 2), c text)")
    pair.run("source", "INSERT INTO big SELECT g, 'NaN', 'x' FROM generate_series(1, 20000) g")
    pair.run("source", "CREATE TABLE small AS SELECT 1::float8 AS a; ANALYZE big, small")
    situation = situation_of("sampled-values", thresholds=FEW)
    [note] = pair.findings("sampled-values", situation)
    assert note.severity is Severity.NOTE
    assert f"1 tables were read whole; a sample of 1 ({pair.schema}.big)" in note.why
    [found] = pair.findings("special-values", situation)
    assert found.object == f"{pair.schema}.big.b"
    assert "of about 20,000 rows" in found.why
    probe = pair.probe(Side.SOURCE, situation)
    rows = {each.table: each.rows for each in sampled(sample(probe))}
    assert 0 < rows[f"{pair.schema}.big"] <= 10 * FEW.sample_rows
    assert rows[f"{pair.schema}.small"] == 1


def test_a_table_that_was_never_analysed_is_not_read_whole_either(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE big (a float8) WITH (autovacuum_enabled = off)")
    pair.run("source", "INSERT INTO big SELECT g FROM generate_series(1, 20000) g")
    probe = pair.probe(Side.SOURCE, Situation(Phase.BEFORE_LOAD, thresholds=FEW))
    [found] = sampled(sample(probe))
    assert 0 < found.rows < 20_000
    assert not found.whole


def test_everything_is_said_to_be_read_where_it_was(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a date, b text); INSERT INTO t VALUES (now(), '')")
    assert pair.findings("sampled-values") == ()
    assert pair.findings("special-values") == pair.findings("large-values") == ()


def test_a_table_that_cannot_be_read_is_a_warning(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a date); CREATE TABLE u (a date)")
    pair.run("source", "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    [found] = pair.findings("sampled-values")
    assert found.severity is Severity.WARNING
    assert f"nothing of 1 ({pair.schema}.t)" in found.why


def test_all_tables_together_have_a_bound_of_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SECONDS", -1.0)
    pair.run("source", "CREATE TABLE t (a date); CREATE TABLE u (a int)")
    [found] = pair.findings("sampled-values")
    assert f"nothing of 1 ({pair.schema}.t)" in found.why


def test_a_partition_is_looked_into_and_named(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a date) PARTITION BY RANGE (a)")
    pair.run("source", "CREATE TABLE t1 PARTITION OF t DEFAULT; INSERT INTO t VALUES ('infinity')")
    [found] = pair.findings("special-values")
    assert found.object == f"{pair.schema}.t1.a"


def test_without_a_limit_no_value_is_too_large(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a text); INSERT INTO t VALUES (repeat('x', 90000))")
    unlimited = ReplicationTask(full_lob=True, lob_limit_bytes=None)
    assert pair.findings("large-values", situation_of("large-values", task=unlimited)) == ()
    assert len(pair.findings("large-values")) == 1


def test_names_are_quoted_wherever_they_go(pair: Pair) -> None:
    table, column = '"we""ird:na\'me $x$ {c} %s"', '"co:l""u\'m\\n {t} %s"'
    pair.both(f'CREATE TABLE {table} ({column} numeric PRIMARY KEY, "b" text NOT NULL)')
    pair.both(f"INSERT INTO {table} VALUES ('NaN', repeat('x', 90000))")
    assert [each.object for each in pair.findings("special-values")] == [
        f"{pair.schema}.{table}.{column}"
    ]
    for check in ("target-not-empty", "unbounded-numeric"):
        [found] = pair.findings(check)
        assert found.fix is not None
        pair.run(found.side, found.fix)
        assert pair.findings(check) == ()
