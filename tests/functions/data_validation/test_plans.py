"""Chunks cost what they hold, not what the table holds: how the servers plan the statements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from functions.data_validation.cursor import Key
from functions.data_validation.expressions import Method
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.statements import (
    BucketSpan,
    KeysetSpan,
    Span,
    Statement,
    TableStatements,
)
from functions.data_validation.tables import TablePair
from functions.runtime.route import Side
from tests.functions.data_validation.support import Databases

pytestmark = pytest.mark.postgres
ROWS = 20_000

# Loaded and never analysed, as a target is right after its full load.
LOAD = f"""
CREATE TABLE single (id int8 PRIMARY KEY, note text, at timestamptz)
  WITH (autovacuum_enabled = off);
INSERT INTO single SELECT i, repeat(md5(i::text), 3), now() FROM generate_series(1, {ROWS}) AS i;
CREATE TABLE composite (tenant int4, id text COLLATE "C", note text, PRIMARY KEY (tenant, id))
  WITH (autovacuum_enabled = off);
INSERT INTO composite SELECT i % 10, i::text, md5(i::text) FROM generate_series(1, {ROWS}) AS i;
CREATE TABLE one_tenant (tenant int4, id int8, note text, PRIMARY KEY (tenant, id));
INSERT INTO one_tenant SELECT 1, i, md5(i::text) FROM generate_series(1, {ROWS}) AS i;
ANALYZE one_tenant;
CREATE TABLE keyless (note text, at timestamptz) WITH (autovacuum_enabled = off);
INSERT INTO keyless SELECT md5(i::text), now() FROM generate_series(1, {ROWS}) AS i;
"""
# A plan's node shows what a node below it has evaluated in parentheses of its own.
HASHED_HERE = re.compile(r"(?<!\(\()(?<! \()hash_record_extended\(ROW")
SIDES = pytest.mark.parametrize("side", list(Side))


@dataclass(frozen=True)
class Loaded:
    """The tables, and sessions to ask the servers for their plans."""

    sides: Sides
    pairs: dict[str, TablePair]

    def session(self, side: Side) -> Session:
        return self.sides.source if side is Side.SOURCE else self.sides.target

    def statements(self, table: str, side: Side) -> TableStatements:
        return TableStatements(self.pairs[f"public.{table}"], side, Method.RECORD, 0)

    def plan(self, side: Side, statement: Statement) -> str:
        rows = self.session(side).run(f"EXPLAIN {statement.sql}", statement.parameters)
        return "\n".join(line for (line,) in rows)


@pytest.fixture(scope="module")
def loaded(shared_databases: Databases) -> Iterator[Loaded]:
    shared_databases.execute(LOAD)
    sides = shared_databases.sides()
    yield Loaded(sides, shared_databases.pairs(sides))


KEYS: dict[str, tuple[Key, Key]] = {
    "single": (("5000",), ("9000",)),
    "composite": (("3", "5"), ("4", "7")),
}


@SIDES
@pytest.mark.parametrize("table", list(KEYS))
def test_a_chunk_of_a_table_without_statistics_is_read_through_the_keys_index(
    loaded: Loaded, table: str, side: Side
) -> None:
    plan = loaded.plan(side, loaded.statements(table, side).digest(KeysetSpan(*KEYS[table]), 1))
    assert f"{table}_pkey" in plan
    assert "Seq Scan" not in plan


@SIDES
def test_a_chunk_within_one_tenant_is_not_taken_for_all_of_its_rows(
    loaded: Loaded, side: Side
) -> None:
    """With statistics, by which one tenant has every row."""
    statements = loaded.statements("one_tenant", side)
    plan = loaded.plan(side, statements.digest(KeysetSpan(("1", "5000"), ("1", "5500")), 1))
    assert "one_tenant_pkey" in plan
    assert "Seq Scan" not in plan


@SIDES
@pytest.mark.parametrize("table", list(KEYS))
def test_a_boundary_is_found_in_the_index_without_sorting(
    loaded: Loaded, table: str, side: Side
) -> None:
    plan = loaded.plan(side, loaded.statements(table, side).boundary(KEYS[table][0], None, 1000))
    assert f"{table}_pkey" in plan
    assert "Sort" not in plan


@SIDES
@pytest.mark.parametrize("table", list(KEYS))
def test_rows_are_read_again_through_the_keys_index(loaded: Loaded, table: str, side: Side) -> None:
    plan = loaded.plan(side, loaded.statements(table, side).read(list(KEYS[table])))
    assert f"{table}_pkey" in plan
    assert "Seq Scan" not in plan


@SIDES
@pytest.mark.parametrize("groups", [256, 16_384])
def test_groups_are_collected_in_a_hash_table(loaded: Loaded, groups: int, side: Side) -> None:
    spans: dict[str, tuple[Span, ...]] = {
        "single": (KeysetSpan(*KEYS["single"]), KeysetSpan(None, None), BucketSpan(1, 4)),
        "composite": (KeysetSpan(None, None), BucketSpan(1, 4)),
        "keyless": (BucketSpan(0, 1), BucketSpan(1, 4)),
    }
    for table, chosen in spans.items():
        for span in chosen:
            plan = loaded.plan(side, loaded.statements(table, side).digest(span, groups))
            assert "HashAggregate" in plan
            assert "Sort" not in plan


@SIDES
def test_a_statement_hashes_each_row_once(loaded: Loaded, side: Side) -> None:
    statement = loaded.statements("single", side).digest(KeysetSpan(None, None), 256)
    rows = loaded.session(side).run(f"EXPLAIN VERBOSE {statement.sql}", statement.parameters)
    outputs = [line for (line,) in rows if HASHED_HERE.search(line)]
    assert len(outputs) == 1
    assert outputs[0].count("timestamptz_send") == 1
