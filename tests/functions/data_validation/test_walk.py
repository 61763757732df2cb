"""Walks cover every row once, whatever becomes of the sizes of chunks on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.data_validation.cursor import Item, Key
from functions.data_validation.expressions import Method
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import BucketSpan, KeysetSpan, Subject
from functions.data_validation.walk import MOST_PASSES, BucketWalk, KeysetWalk, walk_for
from tests.functions.data_validation.engine import pair_of
from tests.functions.data_validation.support import Databases


def buckets(walk: BucketWalk, halve_before: set[int]) -> list[BucketSpan]:
    """Walk to the end, halving passes before some of the steps; return the buckets taken."""
    position: Key | None = None
    taken: list[BucketSpan] = []
    while True:
        if len(taken) in halve_before:
            smaller = walk.smaller(position, 1)
            assert smaller is not None
            position = smaller[0]
        chunk = walk.chunk(position, 1)
        assert isinstance(chunk.span, BucketSpan)
        taken.append(chunk.span)
        if chunk.last:
            return taken
        position = chunk.position


@given(st.integers(0, 40), st.integers(1, 10), st.sets(st.integers(0, 12), max_size=4))
def test_every_hash_is_in_one_bucket_even_if_passes_are_halved_midway(
    estimated_rows: int, pass_rows: int, halve_before: set[int]
) -> None:
    taken = buckets(BucketWalk(estimated_rows, pass_rows), halve_before)
    for row_hash in range(max(span.of for span in taken)):
        holders = [span for span in taken if row_hash % span.of == span.number]
        assert len(holders) == 1, f"hash {row_hash} is in {holders}"


@pytest.mark.parametrize(
    ("estimated_rows", "pass_rows", "passes"),
    [(0, 10, 1), (10, 10, 1), (11, 10, 2), (20, 10, 2), (21, 10, 4), (100, 10, 16)],
)
def test_there_are_as_many_passes_as_the_rows_need(
    estimated_rows: int, pass_rows: int, passes: int
) -> None:
    assert len(buckets(BucketWalk(estimated_rows, pass_rows), set())) == passes


def test_passes_are_not_halved_without_end() -> None:
    assert BucketWalk(1, 1).smaller(("0", str(MOST_PASSES)), 1) is None


def keyset_walk(
    databases: Databases, sides: Sides, rows_on_source: str, rows_on_target: str
) -> KeysetWalk:
    for connection, rows in (
        (databases.source, rows_on_source),
        (databases.target, rows_on_target),
    ):
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
        connection.execute(f"INSERT INTO t SELECT {rows}")
    walk = walk_for(Subject(pair_of(sides), Method.RECORD), sides, Item("public", "t"), 1)
    assert isinstance(walk, KeysetWalk)
    return walk


def spans(walk: KeysetWalk, rows: int) -> list[tuple[Key | None, Key | None]]:
    position: Key | None = None
    taken = []
    while True:
        chunk = walk.chunk(position, rows)
        assert isinstance(chunk.span, KeysetSpan)
        taken.append((chunk.span.after, chunk.span.until))
        if chunk.last:
            return taken
        position = chunk.position


def test_boundaries_are_the_lesser_of_both_sides_by_number_not_by_text(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    walk = keyset_walk(
        reused_databases, shared_sides, "generate_series(8, 14, 2)", "generate_series(9, 9)"
    )
    assert spans(walk, 1) == [
        (None, ("8",)),
        (("8",), ("9",)),
        (("9",), ("10",)),
        (("10",), ("12",)),
        (("12",), ("14",)),
        (("14",), None),
    ]


def test_a_side_without_rows_leaves_the_boundaries_to_the_other(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    walk = keyset_walk(
        reused_databases, shared_sides, "generate_series(1, 0)", "generate_series(1, 5)"
    )
    assert spans(walk, 2) == [(None, ("2",)), (("2",), ("4",)), (("4",), None)]


def test_empty_tables_are_one_chunk(reused_databases: Databases, shared_sides: Sides) -> None:
    walk = keyset_walk(
        reused_databases, shared_sides, "generate_series(1, 0)", "generate_series(1, 0)"
    )
    assert spans(walk, 10) == [(None, None)]


def test_an_item_is_walked_within_its_bounds(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    keyset_walk(reused_databases, shared_sides, "generate_series(1, 10)", "generate_series(1, 10)")
    subject = Subject(pair_of(shared_sides), Method.RECORD)
    item = Item("public", "t", after=("3",), until=("7",))
    walk = walk_for(subject, shared_sides, item, 1)
    assert isinstance(walk, KeysetWalk)
    assert spans(walk, 3) == [(("3",), ("6",)), (("6",), ("7",))]
    assert spans(walk, 2) == [(("3",), ("5",)), (("5",), ("7",))]
