"""Collects what a run does and tells the listener, one event at a time."""

import threading
from collections import Counter

from deploy.engines.embedded import urns
from deploy.engines.embedded.state import ResourceState
from deploy.events import (
    Diagnostic,
    Event,
    Listener,
    Operation,
    Phase,
    ResourceError,
    ResourceEvent,
)


class Reporter:
    """Counts operations, keeps errors in order, and serialises calls to the listener.

    Only resources that live in the cloud, and reads of such, become events and counts. What is
    told before there is a listener waits for it.
    """

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener
        self._untold: list[Event] = []
        self._lock = threading.RLock()
        self._counts: Counter[Operation] = Counter()
        self._errors: list[ResourceError] = []

    def listen(self, listener: Listener) -> None:
        """Tell `listener` what has waited for it, and from now on all else."""
        with self._lock:
            self._listener = listener
            for event in self._untold:
                listener(event)
            self._untold.clear()

    @property
    def errors(self) -> tuple[ResourceError, ...]:
        """The errors so far, in the order in which they happened."""
        with self._lock:
            return tuple(self._errors)

    @property
    def counts(self) -> dict[Operation, int]:
        """Number of resources per finished operation."""
        with self._lock:
            return dict(self._counts)

    def started(
        self, resource: ResourceState, operation: Operation, changed: tuple[str, ...] = ()
    ) -> None:
        """Tell that an operation begins."""
        self._resource_event(resource, operation, Phase.STARTED, changed)

    def finished(
        self,
        resource: ResourceState,
        operation: Operation,
        changed: tuple[str, ...] = (),
        *,
        count: bool = True,
    ) -> None:
        """Tell that an operation is done. The second half of a replacement is not counted."""
        if count and self._counts_for(resource, operation):
            with self._lock:
                self._counts[operation] += 1
        self._resource_event(resource, operation, Phase.FINISHED, changed)

    def failed(self, resource: ResourceState, operation: Operation, message: str) -> None:
        """Tell that an operation failed. The error itself is reported by who gives up."""
        self._resource_event(resource, operation, Phase.FAILED, (), message)

    def error(self, message: str, urn: str = "") -> None:
        """Record an error: the run has failed."""
        with self._lock:
            self._errors.append(
                ResourceError(message, urn, urns.resource_type(urn), urns.name(urn))
            )

    def diagnostic(self, severity: str, message: str, urn: str = "") -> None:
        """Pass on a line that belongs to no operation."""
        self._tell(Diagnostic(severity, message, urn))

    def _counts_for(self, resource: ResourceState, operation: Operation) -> bool:
        if operation is Operation.READ:
            return resource.type != urns.STACK_REFERENCE_TYPE
        return resource.in_cloud

    def _resource_event(
        self,
        resource: ResourceState,
        operation: Operation,
        phase: Phase,
        changed: tuple[str, ...],
        message: str = "",
    ) -> None:
        if self._counts_for(resource, operation):
            self._tell(
                ResourceEvent(
                    urn=resource.urn,
                    type=resource.type,
                    name=resource.name,
                    operation=operation,
                    phase=phase,
                    changed=changed,
                    message=message,
                )
            )

    def _tell(self, event: Event) -> None:
        with self._lock:
            if self._listener is None:
                self._untold.append(event)
            else:
                self._listener(event)
