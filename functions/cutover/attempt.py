"""One attempt to move the traffic, from the fence to the decision.

    rehearse on both ── drain T, on trial
    fence F ── drain T ── advance T's sequences and open T ── decide on F ── (publish the route)

Every statement is bounded by what the deadline leaves. An error anywhere before the decision ends
the attempt; whoever made it has to settle then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.cutover import catalogue, changes, decisions, marks, sequences
from functions.cutover.deadline import Deadline
from functions.cutover.decisions import Change, Rows, other
from functions.cutover.drain import await_sentinel
from functions.cutover.errors import AttemptEndedError
from functions.cutover.fence import Fenced, body, count_up, raise_fence
from functions.cutover.plan import Plan
from functions.cutover.rehearsal import rehearse
from functions.cutover.session import Session, block
from functions.cutover.stopwatch import Stopwatch
from functions.cutover.thresholds import Thresholds
from functions.runtime.route import Side


@dataclass(frozen=True)
class Move:
    """What an attempt works on."""

    run: str
    leave: Side
    rows: Rows
    token: int
    plan: Plan
    thresholds: Thresholds
    sessions: Mapping[Side, Session]

    @property
    def enter(self) -> Side:
        """The side that is to get the traffic."""
        return other(self.leave)

    @property
    def schema(self) -> str:
        """The migrated schema."""
        return self.plan.leaving.schema


class Attempt:
    """One attempt. `has_fenced` and `may_have_opened` tell how far it came."""

    def __init__(self, move: Move, stopwatch: Stopwatch, sleep: Callable[[float], None]) -> None:
        """Measure the steps with `stopwatch`; `sleep` is how pauses are made."""
        self._move = move
        self._stopwatch = stopwatch
        self._sleep = sleep
        self.has_fenced = False
        self.may_have_opened = False

    def rehearse(self) -> None:
        """Try both sides' statements and roll them back.

        Raises UnusableInputError for what would fail each time, DatabaseError for what may pass.
        """
        move = self._move
        with self._stopwatch.step("rehearse"):
            fence = body(self._fence_change, move.run, move.plan)
            rehearse(move.sessions[move.leave], move.leave, fence + self._handing_over())
            rehearse(move.sessions[move.enter], move.enter, self._admitting())

    def try_drain(self) -> None:
        """See whether changes of the side that is left reach the other one, before the fence.

        Behind a fence nobody would be served while a replication is waited for that does not run.
        Raises AttemptEndedError when they do not within the cutover's own time; DatabaseError.
        """
        move = self._move
        with self._stopwatch.step("try-drain"):
            deadline = Deadline(move.thresholds.cutover_deadline_seconds, "drain on trial")
            left = move.sessions[move.leave]
            self._drain(count_up(left, move.plan, deadline.remaining()), deadline)

    def make(self) -> None:
        """Take all steps up to the decision; after the return there is only forward.

        Raises AttemptEndedError and DatabaseError, UnusableInputError for a sequence that cannot
        go on.
        """
        move, step = self._move, self._stopwatch.step
        left, entered = move.sessions[move.leave], move.sessions[move.enter]
        deadline = Deadline(move.thresholds.cutover_deadline_seconds, "cutover")
        with step("fence"):
            fenced = self._fence(deadline)
            self.has_fenced = True
        with step("read-sequences"):
            positions = sequences.positions(
                left, move.plan.sequences_statement, deadline.remaining()
            )
            opening = block(self._admitting() + self._advancing(positions))
        with step("drain"):
            self._drain(fenced.sentinel, deadline)
        with step("open"):
            self.may_have_opened = True
            entered.run(opening, deadline.remaining())
        with step("decide"):
            unchanged = catalogue.require_digest(move.schema, fenced.digest)
            if move.plan.marked:  # an owner gets past the fence; marks are of no use afterwards
                unchanged += marks.checking(move.schema) + marks.FORGET
            left.run(block(unchanged + self._handing_over()), deadline.remaining())

    @property
    def _fence_change(self) -> Change:
        move = self._move
        return decisions.fence(move.leave, move.rows[move.leave], move.token)

    def _fence(self, deadline: Deadline) -> Fenced:
        move = self._move
        return raise_fence(
            move.sessions[move.leave],
            self._fence_change,
            move.run,
            move.plan,
            move.thresholds.fence_attempts,
            deadline,
            starting=self._stopwatch.open_window,
            sleep=self._sleep,
        )

    def _drain(self, sentinel: int, deadline: Deadline) -> None:
        session = self._move.sessions[self._move.enter]
        try:
            await_sentinel(session, self._move.schema, sentinel, deadline, sleep=self._sleep)
        except AttemptEndedError as error:
            raise AttemptEndedError(
                f"{error}: the {self._move.enter} had not applied all changes"
            ) from None

    def _admitting(self) -> str:
        move = self._move
        change = decisions.admit(move.enter, move.rows[move.enter], move.token)
        return changes.admitting(change, move.run, move.plan.grants, move.plan.entering.owners)

    def _handing_over(self) -> str:
        move = self._move
        reads = [each for each in move.plan.leaving.privileges if not each.writes]
        change = decisions.hand_over(move.leave, move.token)
        return changes.handing_over(change, move.run, reads, move.plan.leaving.owners)

    def _advancing(self, positions: Mapping[str, sequences.Position]) -> str:
        plan, margin = self._move.plan, self._move.thresholds.sequence_margin
        advances = [
            sequences.advance(plan.sequences[name], position, plan.standing[name], margin)
            for name, position in positions.items()
        ]
        return sequences.setting(self._move.schema, advances)
