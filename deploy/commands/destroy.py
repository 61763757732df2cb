"""`invoke destroy-all` and `invoke destroy LAYER…`."""

from deploy import readiness
from deploy.commands.flat_outputs import write_flat, write_outputs
from deploy.commands.options import Options
from deploy.commands.run import Mode, Runner
from deploy.commands.session import Opened, Request, in_environment, understood
from deploy.confirm import Question
from deploy.dispatch import carry_out
from deploy.inputs import LayerInputs
from deploy.plan import Plan, plan_destroy
from deploy.provenance import Bookkeeper
from deploy.recorded import Recorded
from deploy.records import Records
from deploy.report import plan_tree
from deploy.workspaces import LaptopWorkspace


def destroy(options: Options) -> int:
    """Destroy the selected layers, dependents first; return the exit status.

    When nothing is left deployed the laptop cloud is stopped too, unless `keep_cloud`. Raises
    UsageError for an unknown layer or environment, for a layer that others still need, and
    without a confirmation.
    """
    request = understood(options)
    return in_environment(request, lambda opened: _destroy(opened, request))


def _destroy(opened: Opened, request: Request) -> int:
    workspace, options = opened.workspace, request.options
    recorded = workspace.recorded()
    if isinstance(workspace, LaptopWorkspace) and workspace.environment.cloud.info() is None:
        write_flat(recorded, request.target.name)
        opened.note("the laptop cloud does not run: there is nothing to destroy")
        return 0
    readiness.check_projects(request.selection.layers, request.target)
    plan = _plan(request, recorded)  # refuses before anything is asked or started
    if plan.steps:
        if not options.yes:
            opened.console.print(plan_tree(plan))
            Question(
                f"destroy {', '.join(plan.layers)} in {request.target.name}",
                options.typed(),
                request.target.confirmation,
            ).ask()
        status = _carried_out(opened, request, plan)
    else:
        opened.note(f"nothing to destroy: {', '.join(request.selection.layers)} not deployed")
        status = 0
    if status == 0 and not options.keep_cloud:
        _stop_empty_cloud(opened)
    return status


def _plan(request: Request, recorded: Recorded) -> Plan:
    return plan_destroy(
        request.graph, request.selection.layers, request.target.name, recorded.deployed()
    )


def _carried_out(opened: Opened, request: Request, plan: Plan) -> int:
    with opened.session() as session:
        books = Bookkeeper(
            Records(request.target.home),
            request.graph,
            LayerInputs(request.target.name),
            session.engine.name,
            session.commit,
            opened.workspace.state_of,
        )
        status = Runner(session, plan, Mode.DESTROY, carry_out, books).run()
        write_outputs(session)
    return status


def _stop_empty_cloud(opened: Opened) -> None:
    workspace = opened.workspace
    if isinstance(workspace, LaptopWorkspace) and not workspace.recorded().deployed():
        workspace.environment.cloud.stop()
        opened.note("the laptop cloud is stopped")
