"""Finishing what a call left behind: undone as long as it is undecided, else completed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.cutover import changes, control_schema
from functions.cutover.control_schema import SideRecord
from functions.cutover.deadline import Deadline
from functions.cutover.decisions import (
    Change,
    Contradiction,
    Publish,
    Rows,
    Settled,
    next_step,
    undo,
)
from functions.cutover.errors import (
    AttemptEndedError,
    UnsettledError,
    UnusableInputError,
    is_passing,
)
from functions.cutover.route_store import RouteStore
from functions.cutover.sides import Sides
from functions.runtime.errors import FunctionError
from functions.runtime.route import Route, Side

PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Standing:
    """Where the traffic is, with nothing under way, and the rows that say so."""

    route: Route
    records: Mapping[Side, SideRecord]

    @property
    def rows(self) -> Rows:
        """Both sides' rows."""
        return {side: record.row for side, record in self.records.items()}


class Settler:
    """Looks at both rows and the route, and takes one step after the other until all agree."""

    def __init__(
        self,
        sides: Sides,
        routes: RouteStore,
        schema: str,
        run: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Settle for `run`, whose name goes into the rows that change."""
        self._sides = sides
        self._routes = routes
        self._schema = schema
        self._run = run
        self._sleep = sleep

    def settle(self, seconds: float) -> Standing:
        """Settle within about `seconds`, trying again what may pass.

        A fence is undone even if the other side cannot be reached. Raises UnsettledError when the
        time is over, and UnusableInputError for a side that was never prepared and for rows that
        contradict each other.
        """
        deadline = Deadline(seconds, "settling")
        while True:
            try:
                return self._settle()
            except UnusableInputError:
                raise
            except FunctionError as error:
                last = _unsettled(error)
            try:
                self._sleep(min(PAUSE_SECONDS, deadline.remaining()))
            except AttemptEndedError:
                raise last from None

    def record(self, side: Side) -> SideRecord:
        """Return a side's record. Raises DatabaseError, UnsettledError or UnusableInputError."""
        return control_schema.require(side, control_schema.read(self._sides.session(side)))

    def _settle(self) -> Standing:
        while True:
            records = self._records()
            rows = {side: record.row for side, record in records.items()}
            route = self._routes.read()
            match next_step(rows, route):
                case Settled():
                    return Standing(route, records)
                case Change() as change:
                    self._apply(change)
                case Publish(following):
                    self.publish(following, 0)
                case Contradiction(why):
                    raise UnusableInputError(f"{why}; correct aurora_migration.side by hand")

    def publish(self, route: Route, seconds: float) -> None:
        """Write the route that both sides stand for. Raises UnsettledError."""
        self._routes.write(route, seconds, still_true=lambda: self._stands_for(route))

    def _stands_for(self, route: Route) -> bool:
        return self.record(route.active).row.token == route.epoch

    def _records(self) -> dict[Side, SideRecord]:
        """Read both sides; if only one can be reached, undo its fence before that is raised."""
        records: dict[Side, SideRecord] = {}
        failure: UnsettledError | None = None
        for side in Side:
            try:
                records[side] = self.record(side)
            except UnusableInputError:
                raise
            except FunctionError as error:
                failure = failure or _unsettled(error, side)
        if failure is None:
            return records
        for side, record in records.items():
            change = undo(side, record.row)
            if change is not None:
                self._apply(change)
        raise failure

    def _apply(self, change: Change) -> None:
        changes.apply(self._sides.session(change.side), change, self._run, self._schema)


def _unsettled(error: FunctionError, side: Side | None = None) -> UnsettledError:
    """Return the error as one that may pass; raises UnusableInputError for one that does not."""
    if isinstance(error, UnsettledError):
        return error
    if not is_passing(error):
        raise UnusableInputError(f"{side}: {error}" if side else str(error)) from None
    where = f"the {side} did not answer: " if side else ""
    return UnsettledError(f"{where}{error}", side)
