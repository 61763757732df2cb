"""The judgement of suspects, in a model where anything that may happen does, and by example.

A sound target must never be called different; a difference that stands still must never be
cleared; and what stands still on both sides must be decided.
"""

from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from functions.data_validation.cursor import Reading, Version
from functions.data_validation.suspects import (
    CONTENTS_KEPT,
    Judgement,
    Suspect,
    judge_source,
    judge_target,
    witness,
)
from tests.functions.data_validation.model import KEY, Protocol, Source, Step, Target

CONTENTS = st.integers(1, 3)
FOREIGN = 99
"""A content that the source never has."""

CHOICE = st.integers(0, 5)
ROUNDS_TO_DECIDE = 4


class World(RuleBasedStateMachine):
    """Writers, replication and the protocol, interleaved in any order."""

    unique: ClassVar[bool] = True
    corruptible: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.source = Source()
        self.target = Target()
        self.protocol = Protocol(self.source, self.target, unique=self.unique, careful=True)
        self.corrupted = False

    @rule(choice=CHOICE, new=st.none() | CONTENTS)
    def begin(self, choice: int, new: int | None) -> None:
        """Insert, update, delete, or delete and insert the same; a key's row has one writer."""
        if self.unique:
            if self.source.in_flight():
                return
            copy = next(iter(self.source.rows), None)
        else:
            free = [None, *self.source.free()]
            copy = free[choice % len(free)]
        if copy is not None or new is not None:
            self.source.begin(copy, new)

    @rule(choice=CHOICE)
    def abort(self, choice: int) -> None:
        if self.source.writing:
            self.source.writing.pop(choice % len(self.source.writing))

    @rule(choice=CHOICE)
    def write_commit_record(self, choice: int) -> None:
        if self.source.writing:
            writing = self.source.writing
            self.source.write_commit_record(writing[choice % len(writing)])

    @rule(choice=CHOICE)
    def become_visible(self, choice: int) -> None:
        if self.source.hidden:
            hidden = self.source.hidden
            self.source.become_visible(hidden[choice % len(hidden)])

    @rule(choice=CHOICE)
    def commit(self, choice: int) -> None:
        """Write the commit record and become visible with nothing between, as mostly."""
        if self.source.writing:
            writing = self.source.writing
            transaction = writing[choice % len(writing)]
            self.source.write_commit_record(transaction)
            self.source.become_visible(transaction)

    @rule(choice=CHOICE)
    def apply(self, choice: int) -> None:
        if self.target.applied < len(self.source.log):
            change = self.source.log[self.target.applied]
            self.target.apply(change, unique=self.unique, pick=choice)

    @rule()
    def catch_up(self) -> None:
        while self.target.applied < len(self.source.log):
            self.apply(0)

    @precondition(lambda self: self.corruptible)
    @rule(content=CONTENTS | st.just(FOREIGN), choice=CHOICE)
    def plant_a_row(self, content: int, choice: int) -> None:
        """Add a row, in place of one or not: keys need not be unique on the target."""
        self.corrupted = True
        if choice % 2 and self.target.rows:
            self.target.rows.pop(choice % len(self.target.rows))
        self.target.write(content)

    @precondition(lambda self: self.corruptible)
    @rule(choice=CHOICE)
    def lose_a_row(self, choice: int) -> None:
        self.corrupted = True
        if self.target.rows:
            self.target.rows.pop(choice % len(self.target.rows))

    @precondition(lambda self: self.corruptible)
    @rule()
    def miss_a_change(self) -> None:
        if self.target.applied < len(self.source.log):
            self.corrupted = True
            self.target.applied += 1

    @precondition(lambda self: self.protocol.suspect is None)
    @rule()
    def glance_at_target(self) -> None:
        """Read the target's row for the first time, any time before or after the source's."""
        self.protocol.first_target = self.target.read()

    @precondition(lambda self: self.protocol.next is Step.READ_TARGET)
    @rule()
    def glance_at_source(self) -> None:
        self.protocol.glance_at_source()

    @precondition(lambda self: self.protocol.may_step())
    @rule()
    def take_a_step(self) -> None:
        verdict = self.protocol.step()
        if verdict is Judgement.PERSISTENT:
            assert self.corrupted, "a false alarm"

    @precondition(lambda self: self.protocol.may_step())
    @rule()
    def take_a_step_more_often(self) -> None:
        self.take_a_step()

    def teardown(self) -> None:
        """Let everything stand still: what is under way is decided, then told rightly."""
        for transaction in list(self.source.writing):
            self.source.write_commit_record(transaction)
        for transaction in list(self.source.hidden):
            self.source.become_visible(transaction)
        self.catch_up()
        if self.protocol.next is not Step.SUSPECT:
            self._decided()
        self.protocol.first_target = self.target.read()
        differs = self.source.read().content != self.target.read().content
        assert self.corrupted or not differs
        self.protocol.step()
        if differs:
            assert self._decided() is Judgement.PERSISTENT
        assert self.protocol.next is Step.SUSPECT

    def _decided(self) -> Judgement:
        for _ in range(ROUNDS_TO_DECIDE * len(Step)):
            verdict = self.protocol.step()
            if verdict is not None:
                assert verdict is Judgement.CLEARED or self.corrupted, "a false alarm"
                return verdict
        raise AssertionError("both sides stand still, and nothing is decided")


class CorruptibleWorld(World):
    corruptible = True


class WorldWithoutKey(World):
    unique = False


class CorruptibleWorldWithoutKey(World):
    unique = False
    corruptible = True


THOROUGH = settings(
    max_examples=100,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


WORLDS = [World, CorruptibleWorld, WorldWithoutKey, CorruptibleWorldWithoutKey]


@pytest.mark.parametrize("world", WORLDS)
def test_no_false_alarm_and_nothing_that_stands_still_is_misjudged(world: type[World]) -> None:
    run_state_machine_as_test(world, settings=THOROUGH)


@pytest.mark.parametrize(
    ("careful", "last_judgement"), [(True, None), (False, Judgement.PERSISTENT)]
)
def test_a_commit_that_the_target_shows_before_the_source_is_a_false_alarm_without_care(
    careful: bool, last_judgement: Judgement | None
) -> None:
    source, target = Source(), Target()
    protocol = Protocol(source, target, unique=True, careful=careful)
    insertion = source.begin(None, 1)
    source.write_commit_record(insertion)
    source.become_visible(insertion)
    assert [protocol.step() for _ in (Step.SUSPECT, Step.MARK)] == [None, None]
    update = source.begin(insertion.number, 2)
    source.write_commit_record(update)
    for transaction in source.log:
        target.apply(transaction, unique=True, pick=0)
    steps = (Step.READ_TARGET, Step.LIST_WRITERS, Step.CHECK_WRITERS, Step.READ_SOURCE, Step.MARK)
    assert [protocol.step() for _ in steps] == [None, None, None, None, last_judgement]


def row(content: int, written_by: int) -> Reading:
    return Reading((Version(content, str(written_by)),))


ABSENT = Reading(())


def suspected(source: Reading, target: Reading) -> Suspect:
    return Suspect(KEY, source, target, mark="1")


def judged(
    suspect: Suspect, *rounds: tuple[Reading, Reading], unique: bool = True, settled: bool = True
) -> list[Judgement]:
    """Return the judgements of rounds, each a reading of the target and one of the source."""
    judgements: list[Judgement] = []
    for target, source in rounds:
        judgement, suspect = judge_target(suspect, target, unique=unique)
        judgements.append(judgement)
        if judgement is Judgement.OPEN:
            judgement, suspect = judge_source(suspect, source, settled=settled, mark="2")
            judgements.append(judgement)
        if judgement is not Judgement.OPEN:
            break
    return judgements


OPEN, CLEARED, PERSISTENT = Judgement.OPEN, Judgement.CLEARED, Judgement.PERSISTENT


def test_a_target_that_lagged_is_cleared_by_its_first_reading() -> None:
    assert judged(suspected(row(2, 7), row(1, 50)), (row(2, 51), ABSENT)) == [CLEARED]


def test_a_target_that_was_ahead_of_the_reading_is_cleared_by_the_next_one() -> None:
    suspect = suspected(row(1, 7), row(2, 50))
    assert judged(suspect, (row(2, 50), row(2, 8))) == [OPEN, CLEARED]


def test_a_row_that_stood_still_on_the_source_and_differs_is_persistent() -> None:
    suspect = suspected(row(1, 7), ABSENT)
    assert judged(suspect, (ABSENT, row(1, 7))) == [OPEN, PERSISTENT]


def test_the_same_content_written_anew_is_not_a_row_that_stood_still() -> None:
    suspect = suspected(row(1, 7), ABSENT)
    assert judged(suspect, (ABSENT, row(1, 9))) == [OPEN, OPEN]


def test_nothing_is_persistent_while_a_writer_has_not_ended() -> None:
    suspect = suspected(row(1, 7), row(2, 50))
    rounds = [(row(2, 50), row(1, 7))] * 5
    assert judged(suspect, *rounds, settled=False) == [OPEN] * 10


def test_an_extra_row_that_stood_still_on_the_target_is_persistent() -> None:
    suspect = suspected(ABSENT, row(1, 50))
    rounds = [(row(1, 50), ABSENT), (row(1, 50), ABSENT)]
    assert judged(suspect, *rounds) == [OPEN, OPEN, PERSISTENT]


def test_a_target_row_that_stands_still_while_the_source_row_is_hot_is_persistent() -> None:
    suspect = suspected(row(1, 7), row(9, 50))
    rounds = [(row(9, 50), row(2, 8)), (row(9, 50), row(3, 9))]
    assert judged(suspect, *rounds) == [OPEN, OPEN, PERSISTENT]


def test_a_row_that_never_stands_still_on_either_side_stays_open() -> None:
    suspect = suspected(row(1, 7), row(9, 50))
    rounds = [(row(9, 60 + number), row(1, 10 + number)) for number in range(20)]
    assert judged(suspect, *rounds) == [OPEN] * 40


def test_a_hot_row_is_cleared_by_what_the_source_showed_while_the_target_was_waited_for() -> None:
    suspect = witness(suspected(row(1, 7), row(9, 50)), [(2,), (3,), (4,)])
    assert judged(suspect, (row(3, 51), ABSENT)) == [CLEARED]


def test_of_many_contents_the_earliest_and_the_latest_are_kept() -> None:
    suspect = suspected(row(1, 7), ABSENT)
    for content in range(2, 102):
        suspect = witness(suspect, [(content,)])
    kept = [content for (content,) in suspect.seen]
    assert kept == [*range(2, 2 + CONTENTS_KEPT), *range(102 - CONTENTS_KEPT, 102)]


def test_what_was_seen_before_the_reading_says_nothing_of_a_target_that_passed_its_mark() -> None:
    suspect = witness(suspected(row(1, 7), row(9, 50)), [(2,)])
    assert judged(suspect, (ABSENT, row(3, 8)), (row(2, 51), row(3, 8))) == [
        OPEN,
        OPEN,
        OPEN,
        PERSISTENT,
    ]


def test_a_row_twice_on_the_target_differs_from_a_row_once_on_the_source() -> None:
    twice = Reading((Version(1, "50"), Version(1, "51")))
    suspect = suspected(row(1, 7), twice)
    assert judged(suspect, (twice, row(1, 7)), (twice, row(1, 7))) == [OPEN, OPEN, PERSISTENT]


def test_counts_that_are_shown_in_another_order_than_they_are_logged_are_no_difference() -> None:
    """One row is logged as added, then another as taken away; the source shows the latter first.

    The target, where either may be taken away, has had one row all the time.
    """
    suspect = suspected(Reading((Version(1, "7"), Version(1, "8"))), row(1, 50))
    rounds = [(row(1, 50), ABSENT), (row(1, 50), row(1, 9))]
    assert judged(suspect, *rounds, unique=False) == [OPEN, OPEN, OPEN, CLEARED]


def test_a_row_too_many_in_a_table_without_key_takes_a_round_more() -> None:
    rounds = [(row(1, 50), ABSENT)] * 3
    expected = [OPEN, OPEN, OPEN, OPEN, PERSISTENT]
    assert judged(suspected(ABSENT, row(1, 50)), *rounds, unique=False) == expected
