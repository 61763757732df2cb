"""Changes of a side's state, each one message to the server and one transaction there.

The row and the privileges change together, so a side's row always says what the side admits.
"""

from collections.abc import Sequence

from functions.cutover import catalogue, control_schema
from functions.cutover.decisions import Change, Row, State
from functions.cutover.privileges import Owners, Privilege, grants, revocations, saving
from functions.cutover.session import ORDINARY_SECONDS, Session, block

_FORGET = "DELETE FROM aurora_migration.privilege"


def apply(session: Session, change: Change, run: str, schema: str) -> None:
    """Make a change that nobody waits for: undo a fence, close a side, raise a token.

    Raises DatabaseError, with SIDE_CHANGED when the row is another one by now.
    """
    match change.before.state, change.after.state:
        case State.FENCED, State.OPEN:
            _reopen(session, change, run, schema)
        case State.OPEN, State.CLOSED:
            _close(session, change, run, schema)
        case _:
            session.run(block(control_schema.compare_and_set(change, run)))


def admitting(change: Change, run: str, privileges: Sequence[Privilege], owners: Owners) -> str:
    """Return PL/pgSQL that opens a side with these privileges."""
    statements = [*grants(privileges, owners), _FORGET]
    return control_schema.compare_and_set(change, run) + _joined(statements)


def fencing(change: Change, run: str, writes: Sequence[Privilege], owners: Owners) -> str:
    """Return PL/pgSQL that ends the writes on a side; its tables have to be locked."""
    return control_schema.compare_and_set(change, run) + _joined(revocations(writes, owners))


def handing_over(change: Change, run: str, reads: Sequence[Privilege], owners: Owners) -> str:
    """Return PL/pgSQL for the decision, which also ends the reads on the side that is left."""
    return control_schema.compare_and_set(change, run) + _joined(revocations(reads, owners))


def start_open(session: Session, row: Row, run: str) -> None:
    """Record a side that has the traffic; nothing of what it admits changes."""
    session.run(f"{_FORGET}; {control_schema.insert(row, run)}")


def start_closed(session: Session, row: Row, run: str, schema: str) -> None:
    """Record a side that has no traffic, and take all privileges from it."""
    standing = catalogue.read(session, schema)
    body = _taking(schema, standing) + control_schema.insert(row, run) + ";"
    session.run(saving(standing.privileges) + block(body))


def _reopen(session: Session, change: Change, run: str, schema: str) -> None:
    taken = catalogue.saved_privileges(session)
    owners = catalogue.owners(session, schema)
    session.run(block(admitting(change, run, taken, owners)))


def _close(session: Session, change: Change, run: str, schema: str) -> None:
    standing = catalogue.read(session, schema)
    body = control_schema.compare_and_set(change, run) + _taking(schema, standing)
    session.run(saving(standing.privileges) + block(body), ORDINARY_SECONDS)


def _taking(schema: str, standing: catalogue.Catalogue) -> str:
    return catalogue.require_digest(schema, standing.digest) + _joined(
        revocations(standing.privileges, standing.owners)
    )


def _joined(statements: Sequence[str]) -> str:
    return "".join(f" {statement};" for statement in statements)
