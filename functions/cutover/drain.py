"""The drain: wait until the other side shows the sentinel, and with it all that came before."""

import time
from collections.abc import Callable

from functions.cutover import control_schema
from functions.cutover.deadline import Deadline
from functions.cutover.session import Session, qualified

FIRST_PAUSE_SECONDS = 0.0005
LONGEST_PAUSE_SECONDS = 0.02
_GROWTH = 1.2

_SHOWS = "SELECT value FROM {sentinel} WHERE id = 1 AND value >= {value}"


def await_sentinel(
    session: Session,
    schema: str,
    value: int,
    deadline: Deadline,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once the side shows the sentinel's value or a later one.

    The sentinel was counted up behind every write, and replication applies in the order of
    commits. Raises AttemptEndedError at the deadline, and DatabaseError.
    """
    statement = _SHOWS.format(sentinel=qualified(schema, control_schema.SENTINEL), value=value)
    pause = FIRST_PAUSE_SECONDS
    while not session.run(statement, deadline.remaining()):
        sleep(min(pause, deadline.remaining()))
        pause = min(pause * _GROWTH, LONGEST_PAUSE_SECONDS)
