"""Collects what engines say while a plan runs: changes for the report, what is under way."""

import threading
from collections.abc import Mapping, Sequence

from deploy.events import Event, Operation, Phase, ResourceEvent


class KeptEvents:
    """The changes of each layer, and the operations that have begun and not ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: dict[str, list[ResourceEvent]] = {}
        self._running: dict[str, dict[tuple[str, Operation], ResourceEvent]] = {}

    def event(self, layer: str, event: Event) -> None:
        """Take note of an event; called from several threads."""
        if not isinstance(event, ResourceEvent):
            return
        with self._lock:
            running = self._running.setdefault(layer, {})
            if event.phase is Phase.STARTED:
                running[event.urn, event.operation] = event
                return
            running.pop((event.urn, event.operation), None)
            if event.operation not in (Operation.SAME, Operation.READ):
                self._changes.setdefault(layer, []).append(event)

    def changes(self, layer: str) -> Sequence[ResourceEvent]:
        """Return a layer's operations that ended, well or not, without those that did nothing."""
        with self._lock:
            return tuple(self._changes.get(layer, ()))

    def under_way(self) -> Mapping[str, Sequence[ResourceEvent]]:
        """Return the operations that change something and have not ended, by layer."""
        with self._lock:
            return {
                layer: found
                for layer, running in self._running.items()
                if (
                    found := tuple(
                        event
                        for (_, operation), event in running.items()
                        if operation not in (Operation.SAME, Operation.READ)
                    )
                )
            }
