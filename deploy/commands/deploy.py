"""`invoke deploy-all` and `invoke deploy LAYER…`."""

from collections.abc import Sequence

from deploy.layers import check_environment, check_layers, layer_graph
from deploy.programs import WarmLauncher


def deploy(layers: Sequence[str] | None, environment: str) -> int:
    """Deploy the named layers, or all of them, and return the exit status.

    Raises UsageError for an unknown layer or environment, or for a layer whose upstream layers
    are neither deployed nor named.
    """
    graph = layer_graph()
    selected = graph.order() if layers is None else check_layers(layers, graph)
    check_environment(environment)
    with WarmLauncher() as launcher:
        # Importing the rest takes as long as the launcher's process needs to warm up.
        from deploy.commands.deployment import deploy_layers

        return deploy_layers(graph, selected, environment, launcher)
