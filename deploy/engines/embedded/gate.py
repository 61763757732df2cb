"""Decides whether a step may begin: limits how many run at once and stops a run in order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy.engines.embedded.errors import StoppedError


class Gate:
    """Lets steps in until it is closed; those that are inside run to their end.

    `parallel` limits the operations on resources that run at the same time. A step may contain
    several operations and waits, so steps themselves are not limited.
    """

    def __init__(self, parallel: int) -> None:
        self._slots = threading.Semaphore(parallel)
        self._idle = threading.Condition()
        self._inside = 0
        self._closed = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self.cancelled = False

    @property
    def closed(self) -> bool:
        """Whether no new work may begin."""
        return self._closed.is_set()

    def on_close(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when the gate closes, at once if it is closed."""
        with self._idle:
            self._listeners.append(listener)
            closed = self.closed
        if closed:
            listener()

    def close(self) -> None:
        """Let nothing in any more."""
        with self._idle:
            self._closed.set()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def cancel(self) -> None:
        """Close because the user asked for it."""
        self.cancelled = True
        self.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Be inside for the duration of the body. Raises StoppedError when closed."""
        with self._idle:
            if self.closed:
                raise StoppedError
            self._inside += 1
        try:
            yield
        finally:
            with self._idle:
                self._inside -= 1
                self._idle.notify_all()

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Hold one of the parallel slots. Raises StoppedError when closed meanwhile."""
        with self._slots:
            if self.closed:
                raise StoppedError
            yield

    def wait_until_idle(self) -> None:
        """Wait until every step that was let in has ended."""
        with self._idle:
            self._idle.wait_for(lambda: self._inside == 0)
