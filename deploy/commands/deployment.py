"""Deploys layers once it is clear which, with a process for their programs warming up."""

from collections.abc import Sequence

from deploy.commands.run import Session, execute, print_how_to_call, run_in_session, write_outputs
from deploy.exclusive import exclusive
from deploy.graph import Graph
from deploy.local import LocalEnvironment
from deploy.plan import Plan, plan_deploy
from deploy.programs import ProgramLauncher
from shared.contracts import EdgeOutputs


def deploy_layers(
    graph: Graph, layers: Sequence[str], environment: str, launcher: ProgramLauncher
) -> int:
    """Start the environment, deploy the layers, report, and return the exit status."""
    local = LocalEnvironment(environment)

    def plan() -> Plan:
        return plan_deploy(graph, layers, environment, local.deployed(), local.complete())

    def work(session: Session) -> int:
        status = execute(session, plan())
        write_outputs(session)
        if status == 0 and EdgeOutputs.layer in local.complete():
            print_how_to_call(session)
        return status

    with exclusive(local.home):
        plan()  # refuses what can't be deployed before anything is started
        return run_in_session(local, launcher, work)
