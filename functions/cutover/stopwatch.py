"""How long each step took."""

import contextlib
import time
from collections.abc import Callable, Iterator

Clock = Callable[[], float]


class Stopwatch:
    """Measures steps by name, in the order in which they ended."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        """Measure by `clock`, which gives seconds."""
        self._clock = clock
        self._steps: list[tuple[str, float]] = []
        self._window_start: float | None = None
        self._window_end: float | None = None

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what is done inside, also when it fails."""
        started = self._clock()
        try:
            yield
        finally:
            self._steps.append((name, self._clock() - started))

    def open_window(self) -> None:
        """Start the window in which writes wait; starting again starts it anew."""
        self._window_start = self._clock()
        self._window_end = None

    def close_window(self) -> None:
        """End the window."""
        self._window_end = self._clock()

    @property
    def window_milliseconds(self) -> float | None:
        """The length of the window, None if it never opened or never closed."""
        if self._window_start is None or self._window_end is None:
            return None
        return round((self._window_end - self._window_start) * 1000, 3)

    def document(self) -> list[dict[str, str | float]]:
        """Return the steps as JSON has them."""
        return [
            {"step": name, "milliseconds": round(seconds * 1000, 3)}
            for name, seconds in self._steps
        ]
