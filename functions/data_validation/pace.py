"""How many rows the next chunk takes, and how long to wait before it."""

from collections.abc import Callable

LARGEST_STEP = 4.0
"""Chunks grow and shrink by no more than this factor at once: one measurement proves little."""

SMALLEST_SAMPLE = 0.5
"""Share of the asked rows below which a chunk's time says more about round trips than rows."""


def next_chunk_rows(
    asked: int, compared: int, seconds: float, *, target_seconds: float, ceiling: int
) -> int:
    """Return the rows for the next chunk, so that it should take `target_seconds`.

    The last chunk asked for `asked` rows, found `compared` on its larger side and took `seconds`.
    """
    if compared < asked * SMALLEST_SAMPLE:
        return max(1, min(asked, ceiling))
    factor = LARGEST_STEP if seconds <= 0 else target_seconds / seconds
    factor = max(1 / LARGEST_STEP, min(LARGEST_STEP, factor))
    return max(1, min(round(asked * factor), ceiling))


class RateLimit:
    """Keeps the average of rows a second below a limit.

    It is a token bucket without stock (the generic cell rate algorithm of ITU-T I.371): work is
    let through as soon as all earlier work has been paid for, so no burst exceeds one chunk.
    """

    def __init__(self, rows_per_second: int | None, clock: Callable[[], float]) -> None:
        """Limit to `rows_per_second`; None limits nothing. `clock` gives seconds."""
        self._rows_per_second = rows_per_second
        self._clock = clock
        self._paid_at = clock()

    def spend(self, rows: int) -> None:
        """Note that `rows` have been compared."""
        if self._rows_per_second is not None:
            start = max(self._paid_at, self._clock())
            self._paid_at = start + rows / self._rows_per_second

    def wait(self) -> float:
        """Return the seconds to wait before more rows may be compared, 0 for none."""
        return max(0.0, self._paid_at - self._clock())
