"""Turns what the CLI tells of a run into the events and counts that every engine reports.

The CLI takes a replacement apart (`create-replacement`, `replace`, `delete-replaced`) where the
orchestrator knows one operation, and tells of the stack, its components and its providers too,
which are not resources of the cloud. Source: pulumi/pulumi, sdk/go/common/apitype/events.go.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pulumi.automation import (
    DiagnosticEvent,
    EngineEvent,
    OpType,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventMetadata,
)

from deploy.engines.embedded import urns
from deploy.engines.embedded.values import (
    SECRET,
    SIGNATURE_KEY,
    Properties,
    contains_secret,
    contains_unknown,
    rewrite,
    simplify,
)
from deploy.events import (
    Diagnostic,
    Event,
    Listener,
    Operation,
    Phase,
    ResourceError,
    ResourceEvent,
)

_OPERATIONS = {
    OpType.SAME: Operation.SAME,
    OpType.CREATE: Operation.CREATE,
    OpType.UPDATE: Operation.UPDATE,
    OpType.DELETE: Operation.DELETE,
    OpType.CREATE_REPLACEMENT: Operation.REPLACE,
    OpType.DELETE_REPLACED: Operation.REPLACE,
    OpType.IMPORT: Operation.SAME,
    OpType.IMPORT_REPLACEMENT: Operation.REPLACE,
    OpType.READ: Operation.READ,
    OpType.READ_REPLACEMENT: Operation.READ,
    OpType.REFRESH: Operation.READ,
}
"""`replace` and the `discard` kinds are notes between two of these, and are left out."""

_ANNOUNCED = frozenset({Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE})
_SEVERITIES = {"info": "info", "info#err": "info", "warning": "warning"}
_VERDICTS = frozenset({"update failed", "preview failed", "destroy failed", "refresh failed"})
"""What the CLI adds when anything failed: it says no more than that."""


class Translator:
    """Hears one run of the CLI and tells a listener. Thread-safe."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.RLock()
        self._counts: Counter[Operation] = Counter()
        self._errors: list[ResourceError] = []
        self._replaced: set[str] = set()
        self._running: set[tuple[str, OpType]] = set()
        self._ended = False
        self._outputs: Properties = {}
        self.began = False
        """Whether the CLI came as far as running anything."""

    @property
    def counts(self) -> dict[Operation, int]:
        """Number of resources per finished operation."""
        with self._lock:
            return dict(self._counts)

    @property
    def errors(self) -> tuple[ResourceError, ...]:
        """The errors so far; the CLI's own verdict is left out when it adds nothing."""
        with self._lock:
            causes = [error for error in self._errors if error.message not in _VERDICTS]
            return tuple(causes or self._errors)

    @property
    def planned_outputs(self) -> dict[str, Any]:
        """The stack's outputs as this run told them, those that are known yet, plain.

        The CLI masks secrets here: their values read ``[secret]``.
        """
        outputs = self._outputs
        known = {key: value for key, value in outputs.items() if not contains_unknown(value)}
        plain: dict[str, Any] = simplify(known)
        return plain

    @property
    def secret_outputs(self) -> frozenset[str]:
        """Names of the outputs in `planned_outputs` that are secret."""
        outputs = self._outputs
        return frozenset(
            key
            for key, value in outputs.items()
            if contains_secret(value) and not contains_unknown(value)
        )

    @property
    def unknown_outputs(self) -> frozenset[str]:
        """Names of the outputs whose value only a deployment tells."""
        outputs = self._outputs
        return frozenset(key for key, value in outputs.items() if contains_unknown(value))

    def hear(self, event: EngineEvent) -> None:
        """Take one event of the CLI."""
        with self._lock:
            if event.prelude_event:
                self.began = True
            elif event.summary_event:
                self._ended = True
            elif event.diagnostic_event:
                self._diagnostic(event.diagnostic_event)
            elif event.resource_pre_event:
                self._started(event.resource_pre_event)
            elif event.res_outputs_event:
                self._finished(event.res_outputs_event)
            elif event.res_op_failed_event:
                self._failed(event.res_op_failed_event.metadata)

    def say(self, severity: str, message: str) -> None:
        """Tell the listener something of the orchestrator's own."""
        self._tell(Diagnostic(severity, message))

    def fail(self, message: str) -> None:
        """Note an error that the CLI did not tell as an event."""
        with self._lock:
            self._errors.append(ResourceError(message))

    def _diagnostic(self, event: DiagnosticEvent) -> None:
        message, urn = event.message.strip("\n"), event.urn or ""
        if event.severity == "error":
            error = ResourceError(message, urn, urns.resource_type(urn), urns.name(urn))
            self._errors.append(error)
        elif self._ended or event.ephemeral or event.severity not in _SEVERITIES or not message:
            # Once the run has ended, what is left to be heard is the program being stopped.
            return
        else:
            self._tell(Diagnostic(_SEVERITIES[event.severity], message, urn))

    def _started(self, event: ResourcePreEvent) -> None:
        operation = _operation(event.metadata)
        if operation in _ANNOUNCED and not event.planning:
            self._running.add((event.metadata.urn, event.metadata.op))
            self.resource(event.metadata, operation, Phase.STARTED)

    def _finished(self, event: ResOutputsEvent) -> None:
        step = event.metadata
        if step.type == urns.STACK_TYPE and step.new is not None:
            self._outputs = readable(step.new.outputs)
        operation = _operation(step)
        if operation is None:
            return
        if step.op is OpType.DELETE_REPLACED:
            # The old half. It ends the replacement unless the new half is still to come.
            if step.urn in self._replaced and not event.planning:
                self.resource(step, operation, Phase.FINISHED)
            return
        if operation is Operation.REPLACE:
            self._replaced.add(step.urn)
        self._counts[operation] += 1
        self.resource(step, operation, Phase.FINISHED)

    def _failed(self, step: StepEventMetadata) -> None:
        operation = _operation(step)
        if operation is not None and (step.urn, step.op) in self._running:
            own = [error.message for error in self._errors if error.urn == step.urn]
            self.resource(step, operation, Phase.FAILED, own[-1] if own else "")

    def resource(
        self, step: StepEventMetadata, operation: Operation, phase: Phase, message: str = ""
    ) -> None:
        """Tell the listener of one step."""
        self._tell(
            ResourceEvent(
                urn=step.urn,
                type=step.type,
                name=urns.name(step.urn),
                operation=operation,
                phase=phase,
                changed=() if phase is Phase.FAILED else tuple(step.keys or step.diffs or ()),
                message=message,
            )
        )

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._listener(event)


def reported(step: StepEventMetadata) -> bool:
    """Return whether a step is about a resource of the cloud."""
    state = step.new or step.old
    return (
        state is not None
        and bool(state.custom)
        and not step.type.startswith(urns.PROVIDER_TYPE_PREFIX)
        and step.type != urns.STACK_REFERENCE_TYPE
    )


def readable(properties: Mapping[str, Any] | None) -> Properties:
    """Return properties from an event with masked secrets in the form that secrets have."""

    def change(signed: Properties) -> Any:
        if signed[SIGNATURE_KEY] != SECRET:
            return signed
        return {SIGNATURE_KEY: SECRET, "value": signed.get("value", signed.get("ciphertext"))}

    result: Properties = rewrite(dict(properties or {}), change)
    return result


def _operation(step: StepEventMetadata) -> Operation | None:
    """Return the operation that the orchestrator counts, None for what it does not report."""
    return _OPERATIONS.get(step.op) if reported(step) else None
