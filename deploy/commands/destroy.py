"""`invoke destroy-all` and `invoke destroy LAYER…`."""

from collections.abc import Sequence

from deploy.commands.run import Session, execute, run_in_session, write_outputs
from deploy.exclusive import exclusive
from deploy.layers import REPOSITORY, check_environment, check_layers, layer_graph
from deploy.local import LocalEnvironment
from deploy.outputs import write
from deploy.plan import Plan, plan_destroy
from deploy.programs import ColdLauncher


def destroy(layers: Sequence[str] | None, environment: str, *, keep_cloud: bool = False) -> int:
    """Destroy the named layers, or all of them, dependents first; return the exit status.

    When nothing is left deployed the laptop cloud is stopped too, unless `keep_cloud`. Raises
    UsageError for an unknown layer or environment, or for a layer that others still need.
    """
    graph = layer_graph()
    selected = graph.order() if layers is None else check_layers(layers, graph)
    local = LocalEnvironment(check_environment(environment))
    if local.cloud.info() is None:
        write(REPOSITORY, {})
        print("the laptop cloud does not run: there is nothing to destroy")
        return 0

    def plan() -> Plan:
        return plan_destroy(graph, selected, environment, local.deployed())

    def work(session: Session) -> int:
        if not plan().steps:
            session.note(f"nothing to destroy: {', '.join(selected)} not deployed")
            return 0
        status = execute(session, plan())
        write_outputs(session)
        return status

    with exclusive(local.home):
        plan()  # refuses what can't be destroyed before anything is started
        status = run_in_session(local, ColdLauncher(), work)
        if status == 0 and not local.deployed() and not keep_cloud:
            local.cloud.stop()
            print("the laptop cloud is stopped")
    return status
