"""The layers of this repository: their graph, their folders, and what a user may name."""

from collections.abc import Iterable
from pathlib import Path

from deploy.errors import UsageError
from deploy.graph import Graph
from deploy.places import REPOSITORY
from shared.contracts import CONTRACTS

STACKS = REPOSITORY / "stacks"


def layer_graph() -> Graph:
    """Return the graph that the layers' contracts declare."""
    return Graph.of(
        {
            layer: [upstream.layer for upstream in contract.consumes]
            for layer, contract in CONTRACTS.items()
        }
    )


def project_folder(layer: str) -> Path:
    """Return the folder of a layer's Pulumi project."""
    return STACKS / layer


def environments(stacks: Path = STACKS) -> list[str]:
    """Return the environments that every layer has a ``Pulumi.<environment>.yaml`` for."""
    configured = [
        {
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in (stacks / layer).glob("Pulumi.*.yaml")
            if not path.name.endswith(".example.yaml")
        }
        for layer in CONTRACTS
    ]
    return sorted(set.intersection(*configured))


def check_layers(names: Iterable[str], graph: Graph) -> list[str]:
    """Return the named layers in dependency order, each once. Raises UsageError."""
    wanted = [name for name in names if name]
    if not wanted:
        raise UsageError(f"name at least one layer\nvalid layers: {', '.join(graph.order())}")
    unknown = sorted(set(wanted) - set(graph.nodes))
    if unknown:
        raise UsageError(
            f"unknown layer: {', '.join(unknown)}\nvalid layers: {', '.join(graph.order())}"
        )
    return [layer for layer in graph.order() if layer in set(wanted)]


def check_environment(name: str) -> str:
    """Return the name when every layer is configured for it. Raises UsageError."""
    valid = environments()
    if name not in valid:
        raise UsageError(
            f"unknown environment: {name}\nvalid environments: {', '.join(valid)}\n"
            "An environment exists when every stack has a Pulumi.<environment>.yaml."
        )
    return name
