"""The state of a stack while a run changes it: what was, what is now, and what is under way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deploy.engines.embedded.backend import CheckpointWriter
from deploy.engines.embedded.state import Checkpoint, PendingOperation, ResourceState


class Ledger:
    """Keeps the resources of a stack, old and new, and saves them. Thread-safe.

    Each old resource stays until a new state takes its place or it is deleted. What is saved is
    the new resources, in the order in which they were done, followed by the old ones that are
    left: dependencies therefore always come before their dependents. A preview has no writer.

    Two locks, always in this order: one lets a single save run, the other guards the bookkeeping.
    Nobody saves while holding the second, so they cannot deadlock.
    """

    def __init__(self, checkpoint: Checkpoint, writer: CheckpointWriter | None) -> None:
        self._writer = writer
        self._save_lock = threading.Lock()
        self._lock = threading.RLock()
        self._old: dict[ResourceState, None] = dict.fromkeys(checkpoint.resources)
        self._new: dict[str, ResourceState] = {}
        self._pending: dict[PendingOperation, None] = dict.fromkeys(checkpoint.pending)
        self._changes = 0
        self._saved_changes = 0

    def old(self, urn: str) -> ResourceState | None:
        """Return the state that the last run left under a URN, unless it is to be deleted."""
        with self._lock:
            return next((r for r in self._old if r.urn == urn and not r.delete), None)

    def new(self, urn: str) -> ResourceState | None:
        """Return the state that this run recorded under a URN."""
        with self._lock:
            return self._new.get(urn)

    def old_resources(self) -> list[ResourceState]:
        """Return what the last run left and this one has neither taken over nor deleted."""
        with self._lock:
            return list(self._old)

    def resources(self) -> tuple[ResourceState, ...]:
        """Return the resources in the order in which they are saved."""
        with self._lock:
            return (*self._new.values(), *self._old)

    def pending(self) -> tuple[PendingOperation, ...]:
        """Return the operations under way, or that an earlier run left unfinished."""
        with self._lock:
            return tuple(self._pending)

    def record(self, resource: ResourceState, replaces: ResourceState | None = None) -> None:
        """Put a new state in, in place of an old one if given. Does not save."""
        with self._lock:
            self._new.pop(resource.urn, None)
            self._new[resource.urn] = resource
            if replaces is not None:
                self._old.pop(replaces, None)
            self._changes += 1

    def amend(self, resource: ResourceState, **changes: Any) -> ResourceState:
        """Change fields of a resource where it stands, old or new; return its new state."""
        amended = resource.with_changes(**changes)
        with self._lock:
            if resource in self._old:
                self._old = {amended if r is resource else r: None for r in self._old}
            elif self._new.get(resource.urn) is resource:
                self._new[resource.urn] = amended
            self._changes += 1
        return amended

    def restore(self, resource: ResourceState) -> None:
        """Put a resource at the end of the old ones: it was finished after the run that made it."""
        with self._lock:
            self._old[resource] = None
            self._changes += 1

    def drop(self, resource: ResourceState) -> None:
        """Forget an old resource: it is gone, or no longer the stack's."""
        with self._lock:
            self._old.pop(resource, None)
            self._changes += 1

    def settle(self, operation: PendingOperation) -> None:
        """Forget a pending operation; the caller saves once it has recorded the outcome."""
        with self._lock:
            self._pending.pop(operation, None)
            self._changes += 1

    @contextmanager
    def announced(self, operation: PendingOperation) -> Iterator[None]:
        """Save an operation as pending before the body runs it.

        It stays pending while the body raises KeepPendingError, because then nobody knows the
        outcome; after anything else it is settled, to be saved together with what was recorded.
        """
        with self._lock:
            self._pending[operation] = None
            self._changes += 1
        self.save()
        try:
            yield
        except KeepPendingError:
            raise
        except BaseException:
            self.settle(operation)
            raise
        self.settle(operation)

    def save(self, *, durable: bool = False) -> None:
        """Write the state. Threads that wait for a running save share the next one."""
        if self._writer is None:
            return
        with self._lock:
            wanted = self._changes
        with self._save_lock:
            if self._saved_changes >= wanted and not durable:
                return
            with self._lock:
                changes, resources, pending = self._changes, self.resources(), self.pending()
            self._writer.save(resources, pending, durable=durable)
            self._saved_changes = changes


class KeepPendingError(Exception):
    """The provider went away during an operation: whether it was carried out is unknown."""
