"""Installs every repair of moto's interpreter, once it is loaded."""

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 - moto's module name
    StateTaskService,
)

from localcloud.cloud.log_delivery import LogDelivery
from localcloud.cloud.state_machines import (
    context_object,
    executions,
    expressions,
    map_runs,
    service_names,
    shapes,
    stops,
)


def install(logs: LogDelivery) -> None:
    """Repair moto's interpreter."""
    boto_names = StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES  # noqa: SLF001 - moto's table
    boto_names.update(service_names.BOTO_NAMES)
    setattr(  # noqa: B010 - moto's hook is a static method, which mypy takes for a plain one
        state_task_service_aws_sdk.StateTaskServiceAwsSdk,
        "_normalise_exception_name",
        staticmethod(service_names.exception_name),
    )
    error_prefixes = state_task_service_aws_sdk._SERVICE_ERROR_NAMES  # noqa: SLF001 - as above
    error_prefixes.update(service_names.ERROR_PREFIXES)
    shapes.install()
    expressions.install()
    context_object.install()
    map_runs.install()
    stops.install()
    executions.install(logs)
