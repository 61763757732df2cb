"""The action `prepare`: the control tables and the sentinel, and first rows for both sides.

It runs before replication starts, so that the sentinel's table is among those that are published.
Its row is made on the side with the traffic alone: the other side gets it like all others.
"""

from collections.abc import Mapping

from functions.cutover import catalogue, changes, control_schema, passages
from functions.cutover.control_schema import SideRecord
from functions.cutover.decisions import Row, State, other
from functions.cutover.errors import UnusableInputError
from functions.cutover.session import Session
from functions.runtime.route import Route, Side


def prepare(sessions: Mapping[Side, Session], route: Route, schema: str, run: str) -> None:
    """Make what is missing; what is there stays as it is, so it may be repeated.

    The side that the route names is recorded as open, with nothing changed on it; the other one
    is closed. Raises UnusableInputError for a set-up in which a cutover would fail or leak, and
    DatabaseError.
    """
    for side, session in sessions.items():
        _require_schema(side, session, schema)
        control_schema.create(session)
        control_schema.create_sentinel(session, schema)
    for side, session in sessions.items():
        standing = catalogue.read(session, schema)
        passages.require_none(session, side, standing, standing.privileges)
    records = {side: control_schema.read(session) for side, session in sessions.items()}
    token = max([route.epoch, *(record.row.token for record in records.values() if record)])
    active, standby = route.active, other(route.active)
    _require_fitting(records, route)
    # The standby first: in between there is no row that says that a side has the traffic.
    if records[standby] is None:
        changes.start_closed(sessions[standby], Row(State.CLOSED, token), run, schema)
    if records[active] is None:
        changes.start_open(sessions[active], Row(State.OPEN, token), run)
    control_schema.start_sentinel(sessions[active], schema)


def _require_schema(side: Side, session: Session, schema: str) -> None:
    if not catalogue.read(session, schema).relations:
        raise UnusableInputError(
            f"the {side} has nothing in schema {schema}: create its tables there first"
        )


def _require_fitting(records: Mapping[Side, SideRecord | None], route: Route) -> None:
    """Refuse a lone row, of a cluster that is used again, that says the opposite of the route."""
    present = {side: record for side, record in records.items() if record}
    if len(present) != 1:
        return
    ((side, record),) = present.items()
    expected = State.OPEN if side is route.active else State.CLOSED
    if record.row.state is not expected:
        raise UnusableInputError(
            f"the {side} has a row {record.row} of an earlier migration, but the route names the"
            f" {route.active}: DROP SCHEMA aurora_migration CASCADE there if that one is over"
        )
