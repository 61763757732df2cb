"""The rehearsal: a cutover's statements on both sides, without the locks, and rolled back.

What would fail fails before anybody waits for it. And a new connection's server process is slow
at what it does for the first time: it has read the catalogue by the time that matters.
"""

from functions.cutover.errors import UnusableInputError, is_passing
from functions.cutover.session import Session, block
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Side

REHEARSED = "MV000"
"""The SQLSTATE by which a rehearsal ends and rolls itself back."""


def rehearse(session: Session, side: Side, body: str) -> None:
    """Run PL/pgSQL and roll it back; it must do nothing that outlives a transaction.

    Raises UnusableInputError for what would fail each time, DatabaseError for what may pass.
    """
    try:
        session.run(block(f"{body} RAISE EXCEPTION 'rehearsed' USING ERRCODE = '{REHEARSED}';"))
    except DatabaseError as error:
        if error.sqlstate == REHEARSED:
            return
        if is_passing(error):
            raise
        raise UnusableInputError(f"a cutover would fail on the {side}: {error}") from None
