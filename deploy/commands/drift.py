"""`invoke drift`: whether the cloud still is as it was deployed."""

from deploy import readiness
from deploy.commands.options import Options
from deploy.commands.run import Mode, Runner
from deploy.commands.session import Opened, Request, in_environment, understood
from deploy.dispatch import DriftLook
from deploy.plan import plan_drift


def drift(options: Options) -> int:
    """Compare each selected layer's live resources with its state; return the exit status.

    0 as recorded, 1 could not be read, 3 different. Nothing is changed. Raises UsageError for an
    unknown layer or environment.
    """
    request = understood(options)
    return in_environment(request, lambda opened: _drift(opened, request))


def _drift(opened: Opened, request: Request) -> int:
    recorded = opened.workspace.recorded()
    plan = plan_drift(
        request.graph, request.selection.layers, request.target.name, recorded.deployed()
    )
    readiness.check_projects(plan.layers, request.target)
    if not plan.steps:
        opened.note(f"nothing to compare: {', '.join(request.selection.layers)} not deployed")
        return 0
    look = DriftLook()
    with opened.session() as session:
        return Runner(session, plan, Mode.DRIFT, look, drift=look).run()
