"""What the states of an environment's layers say, together."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.engines.embedded import StackState
from shared.contracts import CONTRACTS


@dataclass(frozen=True)
class Recorded:
    """The recorded state of every layer that has one, in dependency order."""

    states: Mapping[str, StackState]

    def deployed(self) -> dict[str, int]:
        """Return the number of resources of every layer that has anything."""
        return {
            layer: state.resource_count
            for layer, state in self.states.items()
            if state.resource_count or state.outputs or state.pending_operations
        }

    def complete(self) -> set[str]:
        """Return the layers that others can build upon."""
        return self.states.keys() - self.faults().keys()

    def faults(self) -> dict[str, str]:
        """Return what keeps a layer that exists from being built upon."""
        found = {layer: _fault(layer, state) for layer, state in self.states.items()}
        return {layer: fault for layer, fault in found.items() if fault}


def _fault(layer: str, state: StackState) -> str:
    """Return what is wrong with a layer's state, nothing when it is complete."""
    if state.pending_operations:
        return f"a run was cut short in {len(state.pending_operations)} operations"
    missing = [f.name for f in CONTRACTS[layer].fields() if f.name not in state.outputs]
    if missing:
        return f"is deployed without {', '.join(missing)}, which its contract promises"
    return ""
