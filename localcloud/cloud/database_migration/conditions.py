"""What must hold for an action on a task, and the fault when it does not.

Source: the errors of the operations, AWS DMS API Reference; the words of the start types' faults
are DMS's own where they are known.
"""

from typing import Any

from moto.dms.exceptions import (
    InvalidParameterCombinationException,
    InvalidResourceStateFault,
    ResourceNotFoundFault,
)
from moto.dms.models import FakeReplicationTask
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.database_migration.faults import InvalidParameterValueError
from localcloud.cloud.database_migration.notifications import TaskAddress
from localcloud.cloud.database_migration.task_run import AT_REST, RUNNING, STARTING, TaskRun
from localcloud.replication import MappingError, parse_mappings, parse_settings

Response = DatabaseMigrationServiceResponse

START, RESUME, RELOAD = "start-replication", "resume-processing", "reload-target"


def find_task(response: Response, arn: str) -> FakeReplicationTask:
    """Return a task; raises ResourceNotFoundFault."""
    task = response.dms_backend.replication_tasks.get(arn)
    if task is None:
        raise ResourceNotFoundFault("Replication task could not be found.")
    return task


def run_of(response: Response, task: Any) -> TaskRun:
    """Return a task's run; it belongs to moto's task and goes with it."""
    run: TaskRun | None = getattr(task, "replication_run", None)
    if run is None:
        instances = response.dms_backend.replication_instances
        instance = instances.get(task.replication_instance_arn)
        address = TaskAddress(
            response.current_account,
            response.region,
            task.arn,
            instance.id if instance is not None else "",
        )
        run = task.replication_run = TaskRun(task, address)
    return run


def require_at_rest(task: FakeReplicationTask, participle: str) -> None:
    """Raise InvalidResourceStateFault for a task that is running or changing."""
    if task.status not in AT_REST:
        state = "running" if task.status in (STARTING, RUNNING) else task.status
        raise InvalidResourceStateFault(
            f"Replication Task cannot be {participle}, it is currently {state}"
        )


def require_start_type(run: TaskRun, kind: str) -> None:
    """Raise the fault of a start type that this task cannot be started with now."""
    if kind not in (START, RESUME, RELOAD):
        raise InvalidParameterValueError(f"StartReplicationTaskType is {kind!r}")
    if kind == START and run.started_before:
        raise InvalidParameterCombinationException(
            "Start Type : START_REPLICATION, valid only for tasks running for the first time"
        )
    if kind != START and not run.started_before:
        name = kind.upper().replace("-", "_")
        raise InvalidParameterCombinationException(
            f"Start Type : {name}, not valid for tasks running for the first time"
        )
    if kind == RELOAD and run.task.migration_type == "cdc":
        raise InvalidParameterCombinationException(
            "Start Type : RELOAD_TARGET, valid only for tasks with a full load"
        )


def require_understood(body: dict[str, Any]) -> None:
    """Raise the fault of table mappings or settings that cannot be followed."""
    try:
        if "TableMappings" in body:
            parse_mappings(body["TableMappings"])
        parse_settings(body.get("ReplicationTaskSettings"))
    except MappingError as error:
        raise InvalidParameterValueError.of_mappings(error) from error
