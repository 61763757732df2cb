"""What the orchestrator asks of an engine: the same of the embedded one and of the Pulumi CLI."""

from collections.abc import Mapping
from typing import Protocol

from deploy.engines.drift import DriftResult, PropertyDrift, ResourceDrift
from deploy.engines.embedded.view import StackState
from deploy.events import Listener, RunResult

__all__ = [
    "DriftResult",
    "Engine",
    "LayerStack",
    "PropertyDrift",
    "ResourceDrift",
]


class LayerStack(Protocol):
    """One layer in one environment, on one engine. One run at a time; `cancel` from any thread.

    Runs report failures of resources and of programs in their result. They raise EngineError for
    input that nothing can be done with (unreadable project, configuration or state; a lock that
    another process holds).
    """

    def preview(self, listener: Listener, *, destroying: bool = False) -> RunResult:
        """Tell what `up` (or `destroy`) would do. Changes nothing."""
        ...

    def prepare(self) -> None:
        """Get ready for an `up` that comes soon, if this engine can. Changes nothing."""
        ...

    def release(self) -> None:
        """End what `prepare` has begun and `up` has not taken. Harmless at any time."""
        ...

    def up(self, listener: Listener) -> RunResult:
        """Run the program and bring the cloud to what it declares."""
        ...

    def destroy(self, listener: Listener) -> RunResult:
        """Delete every resource, and the state when nothing is left."""
        ...

    def drift(self, listener: Listener) -> DriftResult:
        """Read every resource of the cloud and compare it with its state. Changes nothing."""
        ...

    def state(self) -> StackState | None:
        """Return the recorded state, None when the layer was never deployed here."""
        ...

    def cancel(self) -> None:
        """End the run under way: what runs is finished and recorded, nothing else begins."""
        ...


class Engine(Protocol):
    """Deploys layers of one environment."""

    name: str

    def stack(self, layer: str, *, environ: Mapping[str, str] = {}) -> LayerStack:
        """Return a layer's stack; `environ` is added to its program's environment variables."""
        ...

    def close(self) -> None:
        """End what the engine keeps running. Harmless when called twice."""
        ...
