"""The five actions, over both sides' sessions and Parameter Store."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.cutover import control_schema, marks, preparation, thresholds
from functions.cutover.answers import Answer, Outcome
from functions.cutover.decisions import Settled, next_step
from functions.cutover.errors import UnsettledError, UnusableInputError, made_public
from functions.cutover.moving import Bounds, Moving, without
from functions.cutover.route_store import RouteStore
from functions.cutover.settling import Settler, Standing
from functions.cutover.sides import Connect, Sides, both
from functions.runtime.route import Side


@dataclass(frozen=True)
class Surroundings:
    """What the actions reach: sessions by `connect`, and boto3's client of SSM."""

    environment: str
    schema: str
    connect: Connect
    parameters: Any
    route_parameter_name: str
    workflow_parameter_path: str
    sleep: Callable[[float], None] = time.sleep


class Actions:
    """What the function can be asked for; each call stands alone."""

    def __init__(self, surroundings: Surroundings, bounds: Bounds | None = None) -> None:
        """Act on `surroundings`; nothing is called yet."""
        self._surroundings = surroundings
        self._bounds = bounds or Bounds()

    @made_public()
    def prepare(self, run: str) -> Answer:
        """Make the control tables, and record which side has the traffic. May be repeated.

        Raises UnusableInputError and UnsettledError.
        """
        routes = self._routes()
        route = routes.read()
        with self._sides() as sides:
            sessions = both(sides)
            preparation.prepare(sessions, route, self._surroundings.schema, run)
            standing = self._settler(sides, routes, run).settle(self._bounds.settle)
        return Answer(Outcome.PREPARED, standing.route)

    @made_public()
    def mark(self, run: str) -> Answer:
        """Note which files the tables of the side with the traffic have. May be repeated.

        Raises UnusableInputError and UnsettledError.
        """
        routes = self._routes()
        with self._sides() as sides:
            standing = self._settler(sides, routes, run).settle(self._bounds.settle)
            marks.take(sides.session(standing.route.active), self._surroundings.schema)
        return Answer(Outcome.MARKED, standing.route)

    @made_public()
    def settle(self, run: str) -> Answer:
        """Finish what an earlier call left behind. May be repeated; `cut_over` means the target.

        Raises UnusableInputError and UnsettledError.
        """
        routes = self._routes()
        with self._sides() as sides:
            standing = self._settler(sides, routes, run).settle(self._bounds.settle)
        return _answer(standing, Side.TARGET)

    @made_public()
    def status(self) -> Answer:
        """Tell what is so, without a lock and without a change. `cut_over` means the target.

        Raises UnsettledError when a side or Parameter Store cannot be reached.
        """
        route = self._routes().read()
        records = {side: self._read(side) for side in Side}
        present = {side: record.row for side, record in records.items() if record}
        settled = len(present) == len(Side) and isinstance(next_step(present, route), Settled)
        outcome = Outcome.of(route.active, Side.TARGET)
        return Answer(outcome, route, records=records, settled=settled)

    @made_public()
    def cutover(self, to: Side, run: str, remaining: float) -> Answer:
        """Move the traffic to a side, or leave all as it was.

        `remaining` are the seconds until the invocation is ended. Raises UnusableInputError when
        that or the set-up does not do, and UnsettledError when nobody can say how it ended.
        """
        limits = thresholds.read(
            self._surroundings.parameters, self._surroundings.workflow_parameter_path
        )
        needed = limits.cutover_deadline_seconds + self._bounds.reserve
        if remaining < needed:
            raise UnusableInputError(
                f"{remaining:.0f} s are left of the invocation, {needed:.0f} s may be needed:"
                " raise the function's time-out"
            )
        routes = self._routes()
        route = routes.read()
        with self._sides() as sides:
            settler = self._settler(sides, routes, run)
            try:
                standing = settler.settle(self._bounds.settle)
            except UnsettledError as error:
                return without(to, error, settler, route)
            if standing.route.active is to:
                return _answer(standing, to, f"the {to} has the traffic already")
            moving = Moving(run, to, standing, settler, self._bounds, limits)
            return moving.go(sides, self._surroundings.schema, self._surroundings.sleep)

    def _read(self, side: Side) -> control_schema.SideRecord | None:
        session = self._surroundings.connect(side)
        try:
            return control_schema.read(session)
        finally:
            session.close()

    def _sides(self) -> Sides:
        surroundings = self._surroundings
        return Sides(surroundings.connect, surroundings.environment, self._bounds.lock)

    def _routes(self) -> RouteStore:
        surroundings = self._surroundings
        return RouteStore(
            surroundings.parameters, surroundings.route_parameter_name, sleep=surroundings.sleep
        )

    def _settler(self, sides: Sides, routes: RouteStore, run: str) -> Settler:
        surroundings = self._surroundings
        return Settler(sides, routes, surroundings.schema, run, sleep=surroundings.sleep)


def _answer(standing: Standing, wanted: Side, reason: str | None = None) -> Answer:
    return Answer(
        Outcome.of(standing.route.active, wanted),
        standing.route,
        reason,
        records=standing.records,
        settled=True,
    )
