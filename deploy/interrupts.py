"""Ctrl-C: once asks for a clean end, twice stops at once."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


def _raise() -> None:
    raise KeyboardInterrupt


@contextmanager
def on_interrupt(cancel: Callable[[], None], stop: Callable[[], None] = _raise) -> Iterator[None]:
    """Within the block the first SIGINT calls `cancel`; the second calls `stop`.

    `cancel` runs in a thread of its own: a handler interrupts the main thread anywhere, also
    while it holds a lock that `cancel` needs. `stop` runs in the handler; without one, it raises
    KeyboardInterrupt.
    """
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            stop()
            return
        asked = True
        print(
            "interrupted: finishing what is under way (Ctrl-C again stops at once)",
            file=sys.stderr,
        )
        threading.Thread(target=cancel, name="cancel", daemon=True).start()

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
