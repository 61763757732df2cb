"""The time by which a piece of work must have ended."""

import time
from collections.abc import Callable

from functions.cutover.errors import AttemptEndedError

Clock = Callable[[], float]


class Deadline:
    """Counts down from its making."""

    def __init__(self, seconds: float, what: str, clock: Clock = time.monotonic) -> None:
        """Allow `seconds` for `what`, a noun that the error names."""
        self._clock = clock
        self._what = what
        self._seconds = seconds
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left, more than 0. Raises AttemptEndedError when none are."""
        left = self._end - self._clock()
        if left <= 0:
            raise AttemptEndedError(f"the {self._what} took longer than {self._seconds:g} s")
        return left

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self._end
