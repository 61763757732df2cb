"""Items are together the whole table, on both sides, and of about the size asked for."""

from itertools import pairwise

import pytest

from functions.data_validation.cursor import Cursor, FindingKind, Item, Key
from functions.data_validation.planning import plan
from functions.data_validation.sessions import Sides
from functions.data_validation.tables import TablePair
from tests.functions.data_validation.engine import chunks_of, comparison, in_one_go, pair_of
from tests.functions.data_validation.support import Databases

ROWS = 20_000
TABLES = {
    "integers": (
        "CREATE TABLE t (id bigint PRIMARY KEY, note text);"
        f"INSERT INTO t SELECT i, 'note' FROM generate_series(1, {ROWS}) AS i;"
    ),
    "composite": (
        "CREATE TABLE t (region int, id uuid, note text, PRIMARY KEY (region, id));"
        "INSERT INTO t SELECT i % 7, md5(i::text)::uuid, 'note'"
        f" FROM generate_series(1, {ROWS}) AS i;"
    ),
    "partitioned": (
        "CREATE TABLE t (id bigint PRIMARY KEY, note text) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO (3000);"
        "CREATE TABLE t2 PARTITION OF t DEFAULT;"
        f"INSERT INTO t SELECT i, 'note' FROM generate_series(1, {ROWS}) AS i;"
    ),
    "quoted": (
        'CREATE TABLE t ("The ""Key""" numeric PRIMARY KEY, note text);'
        f"INSERT INTO t SELECT i / 4.0, 'note' FROM generate_series(1, {ROWS}) AS i;"
    ),
}


def compared(sides: Sides, pair: TablePair, items: tuple[Item, ...]) -> list[Cursor]:
    return [
        in_one_go(comparison(sides, pair=pair, limits=chunks_of(1_000)), Cursor(item))
        for item in items
    ]


@pytest.mark.parametrize("table", TABLES)
def test_ranges_are_adjacent_open_at_both_ends_and_of_like_sizes(
    reused_databases: Databases, shared_sides: Sides, table: str
) -> None:
    reused_databases.execute(TABLES[table] + "ANALYZE t")
    pair = pair_of(shared_sides)
    items = plan(shared_sides.source, [pair], rows_per_item=5_000)
    assert 4 <= len(items) <= 5
    assert items[0].after is None
    assert items[-1].until is None
    assert all(left.until == right.after is not None for left, right in pairwise(items))
    assert [item.number for item in items] == list(range(len(items)))
    sizes = [cursor.totals.source_rows for cursor in compared(shared_sides, pair, items)]
    assert sum(sizes) == ROWS, "every row is in exactly one item"
    assert all(2_500 <= size <= 10_000 for size in sizes)


def test_rows_that_only_the_target_has_are_in_an_item_wherever_their_keys_are(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(TABLES["integers"] + "ANALYZE t")
    planted = [-7, 0, ROWS + 1, 10**15]
    for key in planted:
        reused_databases.target.execute("INSERT INTO t VALUES (%s, 'extra')", [key])
    pair = pair_of(shared_sides)
    items = plan(shared_sides.source, [pair], rows_per_item=5_000)
    findings = [one for cursor in compared(shared_sides, pair, items) for one in cursor.findings]
    assert {(finding.kind, finding.where) for finding in findings} == {
        (FindingKind.EXTRA, f'"id" = {key}') for key in planted
    }
    assert len(findings) == len(planted)


def test_a_plan_is_the_same_when_it_is_made_again(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(TABLES["composite"] + "ANALYZE t")
    pair = pair_of(shared_sides)
    first, second = (plan(shared_sides.source, [pair], rows_per_item=3_000) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE t (note text); INSERT INTO t SELECT 'x' FROM generate_series(1, 9000)",
        "CREATE TYPE colour AS ENUM ('red', 'green'); CREATE TABLE t (id colour PRIMARY KEY)",
        "CREATE TABLE t (id bigint PRIMARY KEY)",
    ],
    ids=["without key", "key in no common order", "empty"],
)
def test_a_table_that_cannot_or_need_not_be_split_is_one_item(
    reused_databases: Databases, shared_sides: Sides, table: str
) -> None:
    reused_databases.execute(f"{table}; ANALYZE t")
    (item,) = plan(shared_sides.source, [pair_of(shared_sides)], rows_per_item=1_000)
    assert bounds(item) == (None, None)


def test_large_tables_come_first(reused_databases: Databases, shared_sides: Sides) -> None:
    reused_databases.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY);"
        "CREATE TABLE u AS SELECT i FROM generate_series(1, 9000) AS i; ANALYZE"
    )
    pairs = [pair_of(shared_sides), pair_of(shared_sides, "public.u")]
    items = plan(shared_sides.source, pairs, rows_per_item=100_000)
    assert [(item.name, item.number) for item in items] == [("u", 0), ("t", 1)]


def bounds(item: Item) -> tuple[Key | None, Key | None]:
    return item.after, item.until
