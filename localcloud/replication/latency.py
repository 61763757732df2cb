"""How far a position lags behind the source, in seconds. Pure.

Positions in the log say nothing about time, so the log's end is noted with the time whenever it is
observed; a position's lag is the time since the log's end first went past it.
"""

from collections import deque

_MOST_SAMPLES = 10_000


class LatencyClock:
    """Remembers where the source's log ended and when; positions are bytes from its beginning."""

    def __init__(self) -> None:
        self._ends: deque[tuple[float, int]] = deque(maxlen=_MOST_SAMPLES)

    def note(self, now: float, log_end: int) -> None:
        """Note the log's end at a time in seconds; times must not decrease."""
        if not self._ends or log_end > self._ends[-1][1]:
            self._ends.append((now, log_end))

    def latency(self, now: float, position: int) -> float:
        """Return the seconds since the log's end first went past this position, 0 if never."""
        for moment, end in self._ends:
            if end > position:
                return now - moment
        return 0.0

    def forget_before(self, position: int) -> None:
        """Drop what is needed no more once everything has reached this position."""
        while len(self._ends) > 1 and self._ends[0][1] <= position:
            self._ends.popleft()
