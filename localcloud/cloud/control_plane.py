"""One lock for moto's state, which is not safe to use from several threads.

moto keeps every resource in plain dictionaries: sixteen concurrent creators made three of 800
calls fail with "dictionary changed size during iteration". So a request holds this lock while
moto handles it, and so does a background thread while it touches moto's objects.

A request may have to wait for something that itself calls the cloud: a Lambda function, a
database server, a subscriber's HTTP endpoint. Waiting with the lock held would stop everything,
or for ever if the other side needs the cloud's answer. Such a wait is wrapped in `released()`,
which lets the lock go however deep the thread holds it and takes it back afterwards, as
CPython's own lock is let go around blocking calls. Code that waits therefore need not know
through which of moto's paths it was reached.
"""

import contextlib
import threading
from collections.abc import Iterator


class ControlPlaneLock:
    """A re-entrant lock that its holder can let go for a while, whatever the depth."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = threading.local()

    @property
    def _depth(self) -> int:
        return int(getattr(self._held, "depth", 0))

    @_depth.setter
    def _depth(self, depth: int) -> None:
        self._held.depth = depth

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the lock; a thread that holds it already goes on at once."""
        if self._depth == 0:
            self._lock.acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._lock.release()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Let the lock go for the duration; does nothing in a thread that does not hold it."""
        depth = self._depth
        if depth == 0:
            yield
            return
        self._depth = 0
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._depth = depth


LOCK = ControlPlaneLock()
"""The lock of this process's cloud: moto's state is global, and so is its lock."""
