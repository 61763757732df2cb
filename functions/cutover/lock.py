"""One call at a time works on an environment: a session-level advisory lock on each side.

A lock ends with its session, also when the worker is killed: whoever has it knows that no
statement of an earlier call is still running (PostgreSQL manual, "Advisory Locks"). It is taken
without waiting in the server, so that two callers cannot wait for each other.
"""

import time
from collections.abc import Callable

from pg8000.native import literal

from functions.cutover.errors import UnsettledError
from functions.cutover.session import Session
from functions.runtime.route import Side

LOCK_SPACE = 1635086701
"""The first key of all advisory locks of this function; the second one is the environment's."""
POLL_SECONDS = 0.02


def take(
    session: Session,
    side: Side,
    environment: str,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Take an environment's lock on a side, trying for `seconds`.

    Raises UnsettledError when another call has it, and DatabaseError.
    """
    end = clock() + seconds
    attempt = f"SELECT pg_try_advisory_lock({LOCK_SPACE}, hashtext({literal(environment)}))"
    while session.run(attempt) != [[True]]:
        if clock() >= end:
            raise UnsettledError(f"another call is at work on the {side}: it holds the lock")
        sleep(POLL_SECONDS)
