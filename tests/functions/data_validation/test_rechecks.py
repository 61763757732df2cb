"""Rechecks read in batches, wait no longer than they may, and let writers end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from functions.data_validation.cursor import Key, Reading, Version
from functions.data_validation.expressions import Method
from functions.data_validation.positions import AtRest
from functions.data_validation.rechecks import (
    HOT_FROM_ROUND,
    KEYS_A_STATEMENT,
    LONGEST_POLL_SECONDS,
    MOST_DOUBLINGS,
    PAUSE_SECONDS,
    Recheck,
    Rechecker,
)
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import Subject
from functions.data_validation.suspects import Suspect
from functions.data_validation.tables import Column, ColumnPair, Kind, Table, TablePair
from functions.runtime.route import Side
from tests.functions.data_validation.engine import pair_of
from tests.functions.data_validation.support import Databases

ABSENT = Reading(())


def row(content: int, written_by: int = 1) -> Reading:
    return Reading((Version(content, str(written_by)),))


@dataclass
class World:
    """A clock that sleeping moves, rows by key on two sides, and positions passed by time.

    It stands for the subject, the sessions and the positions; the code under test is the round.
    """

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    rows: dict[Side, dict[Key, Reading]] = field(
        default_factory=lambda: {side: {} for side in Side}
    )
    reads: list[tuple[Side, int]] = field(default_factory=list)
    marks: int = 0
    passes_at: dict[str, float] = field(default_factory=dict)
    multiset: bool = False

    @property
    def pair(self) -> TablePair:
        column = Column("id", "bigint", Kind.BASE, "int8", -1, "int8")
        table = Table("public", "t", (column,), ("id",), partitioned=False, estimated_rows=0)
        key = () if self.multiset else (ColumnPair(column, column),)
        return TablePair(table, table, (ColumnPair(column, column),), key)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def read(self, session: Session, side: Side, keys: Sequence[Key]) -> dict[Key, Reading]:
        self.reads.append((side, len(keys)))
        return {key: self.rows[side].get(key, ABSENT) for key in keys}

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return []

    def close(self) -> None:
        pass

    def mark(self) -> str:
        self.marks += 1
        return f"new {self.marks}"

    def passed(self, mark: str) -> bool:
        return self.now >= self.passes_at.get(mark, 0.0)

    def recheck(self, suspects: Sequence[Suspect], wait_seconds: float) -> Recheck:
        rechecker = Rechecker(
            cast("Subject", self),
            Sides(self, self),
            cast("Any", self),
            self.clock,
            self.sleep,
            jitter=lambda: 0.5,
        )
        return rechecker.recheck(suspects, wait_seconds)


def suspects(world: World, number: int, mark: str = "old") -> list[Suspect]:
    """Make suspects whose rows are missing on the target."""
    made = []
    for index in range(number):
        key = (str(index),)
        world.rows[Side.SOURCE][key] = row(1)
        made.append(Suspect(key, row(1), ABSENT, mark))
    return made


def test_a_batch_is_read_by_one_statement_a_side_and_has_one_mark() -> None:
    world = World()
    for suspect in (made := suspects(world, KEYS_A_STATEMENT + 1)):
        world.rows[Side.SOURCE][suspect.key] = row(2, written_by=2)
    outcome = world.recheck(made, 0)
    assert world.reads == [
        (Side.TARGET, KEYS_A_STATEMENT),
        (Side.TARGET, 1),
        (Side.SOURCE, KEYS_A_STATEMENT),
        (Side.SOURCE, 1),
    ]
    assert [suspect.mark for suspect in outcome.open] == ["new 1"] * KEYS_A_STATEMENT + ["new 2"]


def test_suspects_are_sorted_into_cleared_persistent_and_open() -> None:
    world = World()
    cleared, persistent, hot = suspects(world, 3)
    world.rows[Side.TARGET][cleared.key] = row(1)
    world.rows[Side.SOURCE][hot.key] = row(2, written_by=2)
    outcome = world.recheck([cleared, persistent, hot], 1)
    assert outcome.cleared == 1
    assert [suspect.key for suspect in outcome.persistent] == [persistent.key]
    assert [suspect.key for suspect in outcome.open] == [hot.key]


def test_without_a_wait_it_never_sleeps_and_leaves_alone_what_is_not_passed() -> None:
    world = World(passes_at={"late": 1.0})
    made = suspects(world, 2)
    late = replace(made[1], mark="late", rounds=HOT_FROM_ROUND)
    outcome = world.recheck([made[0], late], 0)
    assert world.sleeps == []
    assert outcome.open == (late,)
    assert len(outcome.persistent) == 1


def test_the_target_is_read_soon_after_it_has_passed() -> None:
    world = World(passes_at={"old": 1.0})
    outcome = world.recheck(suspects(world, 1), 5)
    assert len(outcome.persistent) == 1
    assert 1.0 <= world.now <= 1.0 + LONGEST_POLL_SECONDS
    assert world.sleeps == sorted(world.sleeps)


def test_the_wait_ends_in_time_with_the_suspects_untouched() -> None:
    world = World(passes_at={"old": 100.0})
    made = suspects(world, 3)
    outcome = world.recheck(made, 2)
    assert outcome == Recheck(tuple(made), 0, ())
    assert world.now == pytest.approx(2.0)


def test_what_is_passed_is_read_before_the_wait_for_what_is_not() -> None:
    world = World(passes_at={"late": 100.0})
    made = suspects(world, 2)
    late = replace(made[1], mark="late")
    outcome = world.recheck([made[0], late], 1)
    assert [suspect.key for suspect in outcome.persistent] == [made[0].key]
    assert outcome.open == (late,)


def test_pauses_grow_with_the_rounds_up_to_a_limit() -> None:
    pauses = []
    for rounds in (0, 1, 2, 3, 50, 5_000):
        world = World()
        (suspect,) = suspects(world, 1)
        world.recheck([replace(suspect, rounds=rounds)], 1)
        pauses.append(sum(world.sleeps))
    longest = PAUSE_SECONDS * 2**MOST_DOUBLINGS
    expected = [0, PAUSE_SECONDS, 2 * PAUSE_SECONDS, 4 * PAUSE_SECONDS, longest, longest]
    assert pauses == pytest.approx(expected)


def test_a_hot_row_is_cleared_by_what_it_was_while_the_target_was_waited_for() -> None:
    world = World(passes_at={"old": 0.05})
    (suspect,) = suspects(world, 1)
    world.rows[Side.TARGET][suspect.key] = row(7)

    def sleep(seconds: float) -> None:
        world.now += seconds
        content = 7 if world.now < 0.02 else 8
        world.rows[Side.SOURCE][suspect.key] = row(content, written_by=int(world.now * 1e6))

    world.sleep = sleep  # type: ignore[method-assign]  # the source changes as time goes by
    outcome = world.recheck([replace(suspect, rounds=HOT_FROM_ROUND)], 1)
    assert outcome.cleared == 1


@pytest.fixture
def differing(databases: Databases) -> Iterator[tuple[Databases, Rechecker, Suspect]]:
    """Yield two tables, partitioned on the source, of which a row differs."""
    databases.execute(
        "CREATE TABLE t (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);"
        "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10)",
        on_target="CREATE TABLE t (id int PRIMARY KEY, note text)",
    )
    databases.source.execute("INSERT INTO t VALUES (1, 'source'), (2, '')")
    databases.target.execute("INSERT INTO t VALUES (1, 'target'), (2, '')")
    sides = databases.sides()
    subject = Subject(pair_of(sides), Method.RECORD)
    rechecker = Rechecker(subject, sides, AtRest())
    key = ("1",)
    source = subject.read(sides.source, Side.SOURCE, [key])[key]
    target = subject.read(sides.target, Side.TARGET, [key])[key]
    yield databases, rechecker, rechecker.suspect(key, source, target, AtRest().mark())


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["t", "t_low"])
def test_nothing_is_persistent_before_the_writers_to_the_table_have_ended(
    differing: tuple[Databases, Rechecker, Suspect], table: str
) -> None:
    databases, rechecker, suspect = differing
    with databases.settings("source").connect() as writer:
        writer.execute(f"UPDATE {table} SET note = 'under way' WHERE id = 2".encode())
        outcome = rechecker.recheck([suspect], 1)
        assert outcome.persistent == ()
        (suspect,) = outcome.open
        writer.commit()
    assert len(rechecker.recheck([suspect], 1).persistent) == 1


@pytest.mark.postgres
def test_readers_and_writers_of_other_tables_are_not_waited_for(
    differing: tuple[Databases, Rechecker, Suspect],
) -> None:
    databases, rechecker, suspect = differing
    databases.source.execute("CREATE TABLE other (id int)")
    with databases.settings("source").connect() as writer:
        writer.execute("INSERT INTO other VALUES (1)")
        writer.execute("SELECT FROM t WHERE id = 2 FOR UPDATE")
        assert len(rechecker.recheck([suspect], 0).persistent) == 1
