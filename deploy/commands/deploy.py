"""`invoke deploy-all` and `invoke deploy LAYER…`."""

from collections.abc import Sequence

from deploy.commands.run import Session, execute, print_how_to_call, run_in_session, write_outputs
from deploy.layers import check_environment, check_layers, layer_graph
from deploy.local import LocalEnvironment
from deploy.plan import plan_deploy
from shared.contracts import EdgeOutputs


def deploy(layers: Sequence[str] | None, environment: str) -> int:
    """Deploy the named layers, or all of them, and return the exit status.

    Raises UsageError for an unknown layer or environment, or for a layer whose upstream layers
    are neither deployed nor named.
    """
    graph = layer_graph()
    selected = graph.order() if layers is None else check_layers(layers, graph)
    local = LocalEnvironment(check_environment(environment))

    def work(session: Session) -> int:
        plan = plan_deploy(graph, selected, environment, local.deployed())
        _, status = execute(session, plan)
        write_outputs(session)
        if status == 0 and EdgeOutputs.layer in local.deployed():
            print_how_to_call(session)
        return status

    return run_in_session(local, work)
