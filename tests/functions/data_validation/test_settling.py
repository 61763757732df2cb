"""Suspects are rechecked, in time cleared, found or given up; a lagging target stops nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor, FindingKind, Verdict
from functions.data_validation.positions import Lag
from functions.data_validation.sessions import Sides
from tests.functions.data_validation.engine import (
    START,
    chunks_of,
    comparison,
    found,
    in_one_go,
    killed_at_every_step,
)
from tests.functions.data_validation.support import Databases

TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, note text);"
FILLED = TABLE + "INSERT INTO t SELECT i, 'note ' || i FROM generate_series(1, 100) AS i;"


@dataclass
class LaggingTarget:
    """Positions of a target that passes no mark until it has caught up, which `catch_up` makes."""

    catch_up: Callable[[], object] | None
    asked_before: int = 0
    caught_up: bool = False
    marks: list[str] = field(default_factory=list)

    def mark(self) -> str:
        self.marks.append(f"mark {len(self.marks)}")
        return self.marks[-1]

    def passed(self, mark: str) -> bool:
        assert mark in self.marks
        self.asked_before -= 1
        if not self.caught_up and self.catch_up is not None and self.asked_before < 0:
            self.catch_up()
            self.caught_up = True
        return self.caught_up

    def lag(self) -> Lag | None:
        return None

    def describe(self) -> str:
        return "none"

    def reason(self) -> str | None:
        return None


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def replicate(databases: Databases) -> Callable[[], object]:
    """Return what brings the target's rows to the source's state."""

    def caught_up() -> None:
        rows = databases.source.execute("SELECT id, note FROM t").fetchall()
        databases.target.execute("TRUNCATE t")
        with databases.target.cursor().copy("COPY t FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    return caught_up


@pytest.mark.parametrize("asked_before", [0, 1, 50])
def test_a_target_that_only_lags_is_cleared_of_all_suspicion(
    reused_databases: Databases, shared_sides: Sides, asked_before: int
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("DELETE FROM t WHERE id % 3 = 0; UPDATE t SET note = 'old'")
    positions = LaggingTarget(replicate(reused_databases), asked_before)
    clock = Clock()
    cursor = in_one_go(
        comparison(
            shared_sides,
            positions=positions,
            limits=chunks_of(30),
            clock=clock,
            sleep=clock.sleep,
        )
    )
    assert cursor.findings == ()
    assert cursor.suspects == ()
    assert cursor.totals.cleared > 0
    assert cursor.walked
    assert cursor.stopped_early is None


def test_a_lagging_target_with_more_suspects_than_room_is_walked_to_the_end(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("UPDATE t SET note = 'old'")
    positions = LaggingTarget(replicate(reused_databases), asked_before=20)
    clock = Clock()
    subject = comparison(
        shared_sides,
        positions=positions,
        limits=chunks_of(40, max_findings=10),
        clock=clock,
        sleep=clock.sleep,
    )
    most = 0
    cursors = []
    for cursor in subject.advance(START):
        most = max(most, len(cursor.suspects))
        cursors.append(cursor)
    assert most == 10
    assert any(cursor.settling for cursor in cursors)
    assert cursors[-1].findings == ()
    assert cursors[-1].stopped_early is None
    assert cursors[-1].totals.source_rows == 100


def test_what_a_lagging_target_hides_is_found_once_it_has_caught_up(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("UPDATE t SET note = 'old' WHERE id < 50")
    caught_up = replicate(reused_databases)

    def all_but_one_row() -> None:
        caught_up()
        reused_databases.target.execute("UPDATE t SET note = 'planted' WHERE id = 17")

    cursor = in_one_go(
        comparison(shared_sides, positions=LaggingTarget(all_but_one_row, 30), limits=chunks_of(30))
    )
    assert found(cursor) == {(FindingKind.DIFFERENT, '"id" = 17')}
    assert cursor.totals.cleared == 48


@pytest.mark.parametrize("killed", [False, True])
def test_suspects_whose_position_the_target_never_passes_are_unverified_in_bounded_time(
    reused_databases: Databases, shared_sides: Sides, killed: bool
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("UPDATE t SET note = 'old' WHERE id IN (4, 96)")
    positions = LaggingTarget(catch_up=None)
    clock = Clock()

    def compared() -> Cursor:
        def new() -> Comparison:
            return comparison(
                shared_sides,
                positions=positions,
                limits=chunks_of(30),
                clock=clock,
                sleep=clock.sleep,
            )

        return killed_at_every_step(new) if killed else in_one_go(new())

    cursor = compared()
    assert found(cursor) == {(FindingKind.DIFFERENT, f'"id" = {key}') for key in (4, 96)}
    assert {finding.verdict for finding in cursor.findings} == {Verdict.UNVERIFIED}
    assert cursor.totals.unverified == 2
    assert cursor.totals.different == 0
    assert cursor.walked
    assert 5 <= clock.now <= 6, "the time for rechecks counts through kills"


def test_a_stuck_target_with_more_suspects_than_room_ends_early_and_unverified(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("UPDATE t SET note = 'old'")
    clock = Clock()
    limits: Limits = chunks_of(40, max_findings=10)
    cursor = in_one_go(
        comparison(
            shared_sides,
            positions=LaggingTarget(catch_up=None),
            limits=limits,
            clock=clock,
            sleep=clock.sleep,
        )
    )
    assert cursor.totals.unverified == 10
    assert cursor.stopped_early is not None
    assert not cursor.walked


def test_rounds_are_short_so_that_a_caller_gets_to_stop(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(FILLED)
    reused_databases.target.execute("UPDATE t SET note = 'old' WHERE id = 1")
    clock = Clock()
    subject = comparison(
        shared_sides,
        positions=LaggingTarget(catch_up=None),
        limits=chunks_of(200),
        clock=clock,
        sleep=clock.sleep,
    )
    times = [clock.now for _ in subject.advance(START)]
    assert len(times) >= 4
    assert max(after - before for before, after in pairwise(times)) <= 2.5
