"""Runs a piece of work on the side that takes traffic, and again elsewhere when it moves."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from functions.payments import routing
from functions.runtime.database import Session, SideSessions
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Route, RouteReader

T = TypeVar("T")


@dataclass(frozen=True)
class Routed(Generic[T]):
    """What the work returned, the route it was done on, and how many attempts it took."""

    value: T
    route: Route
    attempts: int


class SideRouter:
    """Finds the session for a piece of work, by the route, and repeats the work if refused."""

    def __init__(
        self,
        routes: RouteReader,
        sessions: SideSessions,
        *,
        patience: routing.Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Route by `routes` to `sessions`, for as long as `patience` allows."""
        self._routes = routes
        self._sessions = sessions
        self._patience = patience or routing.Patience()
        self._clock = clock
        self._sleep = sleep

    def run(self, work: Callable[[Session], T], *, seconds: float) -> Routed[T]:
        """Return what `work` returned on the active side, within about `seconds`.

        `work` must be safe to repeat: when a connection breaks nobody knows whether it was done.
        The route is read anew between any two attempts: at once after a failure that an old route
        may explain, and after a pause, in which it may have moved. Raises the last DatabaseError
        when the time or the patience is over, and RouteError when no route was ever read.
        """
        started = self._clock()
        route = self._routes.read()
        attempts, is_fresh = 0, False
        while True:
            attempts += 1
            try:
                return Routed(work(self._sessions.session(route.active)), route, attempts)
            except DatabaseError as error:
                failure = routing.failure_of(error)
                if failure is None:
                    raise
                fresh = route if is_fresh else self._routes.read(force_fetch=True)
                elapsed = self._clock() - started
                decision = routing.decide(
                    failure,
                    attempts=attempts,
                    elapsed=elapsed,
                    remaining=seconds - elapsed,
                    tried=route,
                    fresh=fresh,
                    patience=self._patience,
                )
                if isinstance(decision, routing.GiveUp):
                    raise
            is_fresh = decision.delay > 0
            if is_fresh:
                self._sleep(decision.delay)
            route = self._routes.read(force_fetch=True) if is_fresh else fresh

    def close(self) -> None:
        """Close the sessions on both sides."""
        self._sessions.close()
