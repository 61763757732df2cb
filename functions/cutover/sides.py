"""Both sides' sessions, each with the environment's lock, made when they are first needed."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from functions.cutover import lock
from functions.cutover.session import Session
from functions.runtime.route import Side

Connect = Callable[[Side], Session]


class Sides:
    """Sessions that hold the lock of an environment; a lost one is replaced on its next use.

    Whoever needs both sides asks for the source first, so that of two callers one gets both.
    """

    def __init__(
        self,
        connect: Connect,
        environment: str,
        lock_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect by `connect`, and try for `lock_seconds` to get each side's lock."""
        self._connect = connect
        self._environment = environment
        self._lock_seconds = lock_seconds
        self._clock = clock
        self._sessions: dict[Side, Session] = {}

    def session(self, side: Side) -> Session:
        """Return the session on a side.

        Raises DatabaseError when the side cannot be reached, UnsettledError when another call
        has the lock.
        """
        session = self._sessions.get(side)
        if session is None or session.closed:
            session = self._connect(side)
            try:
                lock.take(session, side, self._environment, self._lock_seconds, clock=self._clock)
            except BaseException:
                session.close()
                raise
            self._sessions[side] = session
        return session

    def close(self) -> None:
        """Close both sessions, which lets go of the locks."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def both(sides: Sides) -> Mapping[Side, Session]:
    """Return both sessions, the source's first. Raises DatabaseError and UnsettledError."""
    return {side: sides.session(side) for side in Side}
