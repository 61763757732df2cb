"""Stops a preview or a deployment that takes outputs from deployed consumers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from deploy import breaking
from deploy.breaking import Break
from deploy.engines.embedded import StackState
from deploy.engines.interface import LayerStack
from deploy.events import (
    Diagnostic,
    Event,
    Listener,
    Phase,
    ResourceError,
    ResourceEvent,
    RunResult,
)
from deploy.graph import Graph
from deploy.owners import owners_of
from deploy.plan import Step, Verb
from deploy.usage import attributes_read
from shared.contracts import CONTRACTS

Work = Callable[[Step, LayerStack, Listener], RunResult]


@dataclass(frozen=True)
class Compatibility:
    """Holds a layer's new outputs against what is deployed.

    `unchanged` are layers whose program and inputs are those that were deployed: their outputs
    cannot lose anything, so they are not looked at before they are deployed.
    """

    graph: Graph
    states: Mapping[str, StackState]
    unchanged: frozenset[str]
    allowed: bool = False

    def of_preview(self, work: Work) -> Work:
        """Return the work of a preview that also fails where outputs would be taken away."""

        def checked(step: Step, stack: LayerStack, listener: Listener) -> RunResult:
            run = work(step, stack, listener)
            return self._judged(step, run, listener) if step.verb is Verb.DEPLOY else run

        return checked

    def of_deployment(self, work: Work) -> Work:
        """Return the work of a deployment, with a silent preview first where one is needed."""

        def checked(step: Step, stack: LayerStack, listener: Listener) -> RunResult:
            if step.verb is Verb.DEPLOY and self._has_something_to_lose(step.layer):
                heard: list[Event] = []
                preview = self._judged(step, stack.preview(heard.append), listener)
                if not preview.ok:
                    _repeat_failures(heard, listener)
                    return RunResult(errors=preview.errors, cancelled=preview.cancelled)
            return work(step, stack, listener)

        return checked

    def breaks(self, layer: str, preview: RunResult) -> list[Break]:
        """Return what a layer's previewed outputs take from deployed consumers."""
        return breaking.find(
            layer,
            preview.outputs,
            self.states,
            CONTRACTS,
            owners_of,
            unknown=preview.unknown_outputs,
            reads=attributes_read,
        )

    def _has_something_to_lose(self, layer: str) -> bool:
        consumers = {name for name in self.graph.nodes if layer in self.graph.edges[name]}
        return (
            layer in self.states
            and layer not in self.unchanged
            and any(self.states[name].resource_count for name in consumers & self.states.keys())
        )

    def _judged(self, step: Step, preview: RunResult, listener: Listener) -> RunResult:
        if not preview.ok:
            return preview
        breaks = self.breaks(step.layer, preview)
        if breaks and self.allowed:
            for found in breaks:
                listener(Diagnostic("warning", f"allowed: {found}"))
            return preview
        if not breaks:
            return preview
        listed = "\n".join(f"  {found}" for found in breaks)
        message = (
            f"outputs that deployed consumers use would be taken away:\n{listed}\n"
            "agree with the teams named, or keep the outputs; "
            "--allow-breaking goes on all the same"
        )
        return RunResult(
            errors=(ResourceError(message=message),),
            counts=preview.counts,
            seconds=preview.seconds,
        )


def _repeat_failures(events: Iterable[Event], listener: Listener) -> None:
    """Tell what went wrong in a preview that nobody heard."""
    for event in events:
        failed = isinstance(event, ResourceEvent) and event.phase is Phase.FAILED
        if failed or isinstance(event, Diagnostic):
            listener(event)
