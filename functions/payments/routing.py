"""Decides what follows when a side did not serve a statement: repeat it, when, or give up.

Pure: no clock, no connection. The loop that acts on these decisions is in `rerouting`. A payment
may be repeated after any failure, on either side, because its idempotency key makes the repeat
find the first attempt's row; and during a cutover the target has that row before it is opened.
"""

from dataclasses import dataclass
from enum import StrEnum

from functions.runtime.errors import (
    ContendedError,
    DatabaseError,
    SideFencedError,
    SideUnavailableError,
)
from functions.runtime.route import Route


class Failure(StrEnum):
    """Why a side did not serve a statement."""

    FENCED = "fenced"
    UNAVAILABLE = "unavailable"
    CONTENDED = "contended"


@dataclass(frozen=True)
class Patience:
    """For how long, in seconds since the first attempt, each kind of failure is worth repeating.

    A fence is a cutover at work, which ends or is undone within its own deadline; a side that
    cannot be reached is likelier down for longer, and the client does better to come back.
    """

    fenced: float = 8.0
    unavailable: float = 2.5
    contended: float = 5.0
    first_delay: float = 0.02
    longest_delay: float = 0.2

    def limit(self, failure: Failure) -> float:
        """Return the seconds after which this failure is given up."""
        return {
            Failure.FENCED: self.fenced,
            Failure.UNAVAILABLE: self.unavailable,
            Failure.CONTENDED: self.contended,
        }[failure]


@dataclass(frozen=True)
class Repeat:
    """Make another attempt after `delay` seconds."""

    delay: float


@dataclass(frozen=True)
class GiveUp:
    """Make no further attempt."""


Decision = Repeat | GiveUp


def failure_of(error: DatabaseError) -> Failure | None:
    """Return the kind of failure that a repeat may cure; None for an error that would recur."""
    kinds: tuple[tuple[type[DatabaseError], Failure], ...] = (
        (SideFencedError, Failure.FENCED),
        (SideUnavailableError, Failure.UNAVAILABLE),
        (ContendedError, Failure.CONTENDED),
    )
    return next((failure for kind, failure in kinds if isinstance(error, kind)), None)


def decide(
    failure: Failure,
    *,
    attempts: int,
    elapsed: float,
    remaining: float,
    tried: Route,
    fresh: Route,
    patience: Patience,
) -> Decision:
    """Return what follows the failure of attempt number `attempts` (from 1) on route `tried`.

    `elapsed` and `remaining` are seconds since the first attempt and until the invocation must
    answer; `fresh` is the route read after the failure. A newer route is followed at once. So is
    the first loss of a connection: a warm one is often found dead only by using it. Otherwise
    the delay doubles with each attempt up to `patience.longest_delay`.
    """
    if fresh.epoch > tried.epoch and remaining > 0:
        return Repeat(delay=0.0)
    delay = min(patience.first_delay * 2.0 ** min(attempts - 1, 16), patience.longest_delay)
    if failure is Failure.UNAVAILABLE and attempts == 1:
        delay = 0.0
    if delay >= remaining or elapsed + delay >= patience.limit(failure):
        return GiveUp()
    return Repeat(delay)
