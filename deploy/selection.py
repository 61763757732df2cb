"""Which layers a command works on, and why each one: named, affected, or drawn in by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.graph import Graph
from deploy.layers import check_layers


@dataclass(frozen=True)
class Wanted:
    """What was asked for. `layers` None: all of them; `affected_by` None: no filter by git."""

    layers: Sequence[str] | None = None
    with_dependencies: bool = False
    with_dependents: bool = False
    affected_by: str | None = None


@dataclass(frozen=True)
class Selection:
    """Layers in dependency order, each with the reason that it was taken."""

    reasons: Mapping[str, str]

    @property
    def layers(self) -> tuple[str, ...]:
        """The selected layers, in dependency order."""
        return tuple(self.reasons)


def select(graph: Graph, wanted: Wanted, affected: Mapping[str, str] | None = None) -> Selection:
    """Return what is selected.

    `affected` has the layers with changed inputs and why; None when it was not asked for. Named
    layers are filtered by it first; dependencies and dependents are then added to what is left.
    Raises UsageError for an unknown layer.
    """
    if wanted.layers is None:
        start = dict.fromkeys(graph.order(), "all layers")
    else:
        start = dict.fromkeys(check_layers(wanted.layers, graph), "named")
    if affected is not None:
        start = {layer: affected[layer] for layer in start if layer in affected}
    found = dict(start)
    if wanted.with_dependencies:
        for layer in graph.dependencies(start):
            found.setdefault(layer, f"needed by {_nearest(graph, layer, start, down=True)}")
    if wanted.with_dependents:
        for layer in graph.dependents(start):
            found.setdefault(layer, f"needs {_nearest(graph, layer, start, down=False)}")
    return Selection({layer: found[layer] for layer in graph.order() if layer in found})


def _nearest(graph: Graph, layer: str, start: Mapping[str, str], *, down: bool) -> str:
    """Return the selected layers that drew a layer in."""
    reach = graph.dependents([layer]) if down else graph.dependencies([layer])
    return ", ".join(name for name in graph.order() if name in reach & start.keys())
