"""Moving the traffic: an attempt, and what follows from how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from functions.cutover import fence, marks, plan
from functions.cutover.answers import Answer, Outcome
from functions.cutover.attempt import Attempt, Move
from functions.cutover.decisions import State, next_token, other
from functions.cutover.errors import UnsettledError, UnusableInputError
from functions.cutover.session import Session
from functions.cutover.settling import Settler, Standing
from functions.cutover.sides import Sides, both
from functions.cutover.stopwatch import Stopwatch
from functions.cutover.thresholds import Thresholds
from functions.runtime.errors import FunctionError
from functions.runtime.route import Route, Side


@dataclass(frozen=True)
class Bounds:
    """Seconds for what is no part of a cutover's own deadline.

    `reserve` is what has to be left of an invocation beside the deadline.
    """

    lock: float = 5.0
    settle: float = 8.0
    route: float = 8.0

    @property
    def reserve(self) -> float:
        """Time to get the locks, to settle before and after an attempt, or to write the route."""
        return self.lock + self.settle + max(self.settle, self.route)


@dataclass(frozen=True)
class Moving:
    """The moving of the traffic to a side, from a settled standing on."""

    run: str
    to: Side
    standing: Standing
    settler: Settler
    bounds: Bounds
    limits: Thresholds
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def go(self, sides: Sides, schema: str, sleep: Callable[[float], None]) -> Answer:
        """Move the traffic, or leave all as it was.

        Raises UnusableInputError, and UnsettledError when nobody can say how it ended.
        """
        attempt: Attempt | None = None
        try:
            sessions = both(sides)
            planned = self._plan(sessions, schema)
            token = next_token(self.standing.rows, self.standing.route)
            move = Move(
                self.run, other(self.to), self.standing.rows, token, planned, self.limits, sessions
            )
            attempt = Attempt(move, self.stopwatch, sleep)
            attempt.rehearse()
            attempt.try_drain()
            with marks.naming_tables(sessions[other(self.to)], other(self.to), schema):
                attempt.make()
        except Exception as error:
            return self._given_up(error, attempt)
        route = Route(self.to, token)
        with self.stopwatch.step("route"):
            self.settler.publish(route, self.bounds.route)
        self.stopwatch.close_window()
        with self.stopwatch.step("confirm"):
            standing = self.settler.settle(self.bounds.settle)
        reason = None if standing.route == route else "a later call moved the traffic again"
        return self._answer(standing.route, reason, len(planned.sequences))

    def _plan(self, sessions: Mapping[Side, Session], schema: str) -> plan.Plan:
        leave = other(self.to)
        with self.stopwatch.step("plan"):
            planned = plan.make(sessions, leave, self.to, schema, self.limits)
            fence.clear_the_way(sessions[leave], planned)
        return planned

    def _given_up(self, error: Exception, attempt: Attempt | None) -> Answer:
        """Settle after an attempt that ended with an error, and answer what came of it."""
        try:
            with self.stopwatch.step("settle"):
                standing = self.settler.settle(self.bounds.settle)
        except UnsettledError as unsettled:
            if attempt is not None and attempt.may_have_opened:
                raise
            return without(self.to, unsettled, self.settler, self.standing.route)
        if attempt is not None and attempt.has_fenced:
            self.stopwatch.close_window()
        if isinstance(error, UnusableInputError) or not isinstance(error, FunctionError):
            raise error
        return self._answer(standing.route, str(error), 0)

    def _answer(self, route: Route, reason: str | None, sequences: int) -> Answer:
        return Answer(
            Outcome.of(route.active, self.to),
            route,
            reason,
            self.stopwatch.window_milliseconds,
            self.stopwatch.document(),
            sequences,
        )


def without(to: Side, error: UnsettledError, settler: Settler, route: Route) -> Answer:
    """Answer although the side that was to get the traffic is away; else raise the error.

    The other side is open and the route names it: so that one has the traffic.
    """
    leave = other(to)
    if error.unreachable is not to or route.active is not leave:
        raise error
    if settler.record(leave).row.state is not State.OPEN:
        raise error
    return Answer(Outcome.NOT_CUT_OVER, route, str(error))
