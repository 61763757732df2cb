"""Answers of the actions that start, stop, change, describe and delete tasks.

Source: the operations of these names, AWS DMS API Reference. All run under the cloud's lock.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.dms.exceptions import (
    InvalidParameterCombinationException,
    InvalidResourceStateFault,
)
from moto.dms.models import FakeReplicationTask
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.database_migration import endpoints, notifications, table_statistics
from localcloud.cloud.database_migration.assessments import Assessments
from localcloud.cloud.database_migration.certificates import Certificates
from localcloud.cloud.database_migration.conditions import (
    RELOAD,
    find_task,
    require_at_rest,
    require_start_type,
    require_understood,
    run_of,
)
from localcloud.cloud.database_migration.connections import Connections
from localcloud.cloud.database_migration.faults import InvalidParameterValueError
from localcloud.cloud.database_migration.lifecycle import Lifecycle
from localcloud.cloud.database_migration.task_run import RUNNING, TaskRun
from localcloud.replication import (
    Assignment,
    MappingError,
    Replication,
    ReplicationError,
    TableName,
    UnreachableError,
    object_name,
    parse_mappings,
    parse_settings,
)
from localcloud.replication.assessment import applicable

Response = DatabaseMigrationServiceResponse
Stock = Callable[[Response], str]


class Requests:
    """The answers; `read_log` gives a database server's log by its address."""

    def __init__(self, folder: Path, read_log: Callable[[str, int], str | None]) -> None:
        self.certificates = Certificates(folder / "certificates")
        self.connections = Connections(self.certificates)
        self.assessments = Assessments()
        self.lifecycle = Lifecycle()
        self._read_log = read_log

    def create_task(self, stock: Stock, response: Response) -> str:
        """Create a task whose mappings and settings can be followed."""
        body = json.loads(response.body)
        require_understood(body)
        answer = stock(response)
        task = find_task(response, json.loads(answer)["ReplicationTask"]["ReplicationTaskArn"])
        run_of(response, task).address.notify(
            notifications.CREATED, "The replication task has been created."
        )
        return answer

    def modify_task(self, stock: Stock, response: Response) -> str:
        """Change a task that is at rest."""
        body = json.loads(response.body)
        task = find_task(response, body["ReplicationTaskArn"])
        require_at_rest(task, "modified")
        require_understood(body)
        run = run_of(response, task)
        changed_type = body.get("MigrationType", task.migration_type) != task.migration_type
        if run.started_before and changed_type:
            raise InvalidParameterCombinationException(
                "The migration type of a task that was started cannot be changed"
            )
        return stock(response)

    def start_task(self, response: Response) -> str:
        """Start, resume or reload."""
        body = json.loads(response.body)
        task = find_task(response, body["ReplicationTaskArn"])
        run, kind = run_of(response, task), body["StartReplicationTaskType"]
        require_at_rest(task, "started")
        require_start_type(run, kind)
        self._require_tested(task)
        for member in ("CdcStartTime", "CdcStopPosition"):
            if member in body:
                raise NotImplementedError(f"{member}: changes are taken from now on.")
        position = body.get("CdcStartPosition") or getattr(task, "cdc_start_position", None)
        if position and task.migration_type != "cdc":
            raise InvalidParameterCombinationException(
                "CdcStartPosition is valid only for tasks of the migration type cdc"
            )
        assignment = self._assignment(response, task)
        if kind == RELOAD:
            run.established = False
        if position and not run.established:
            raise NotImplementedError(
                "CdcStartPosition on a first start: PostgreSQL publishes a table's changes only "
                "from the task's own start on."
            )
        replication = run.replication
        if replication is None or not run.established:
            if replication is not None:
                replication.progress.close()
            replication = Replication(object_name(task.arn), assignment, self._read_log)
        replication.assignment = assignment
        self.lifecycle.start(run, replication, position)
        return json.dumps({"ReplicationTask": task.to_dict()})

    def stop_task(self, response: Response) -> str:
        """Stop a running task."""
        task = find_task(response, json.loads(response.body)["ReplicationTaskArn"])
        if task.status != RUNNING:
            raise InvalidResourceStateFault("Replication task is not running")
        self.lifecycle.stop(run_of(response, task))
        return json.dumps({"ReplicationTask": task.to_dict()})

    def delete_task(self, response: Response) -> str:
        """Delete a task that is at rest."""
        task = find_task(response, json.loads(response.body)["ReplicationTaskArn"])
        require_at_rest(task, "deleted")
        backend = response.dms_backend

        def forget() -> None:
            backend.replication_tasks.pop(task.arn, None)
            backend.tagger.delete_all_tags_for_resource(task.arn)

        self.lifecycle.delete(run_of(response, task), forget)
        return json.dumps({"ReplicationTask": task.to_dict()})

    def describe_tasks(self, stock: Stock, response: Response) -> str:
        """Describe tasks, without their settings when that is asked for."""
        answer = stock(response)
        if not json.loads(response.body or "{}").get("WithoutSettings"):
            return answer
        described = json.loads(answer)
        for task in described["ReplicationTasks"]:
            task.pop("ReplicationTaskSettings", None)
        return json.dumps(described)

    def reload_tables(self, response: Response) -> str:
        """Load tables of a running task again."""
        body = json.loads(response.body)
        task = find_task(response, body["ReplicationTaskArn"])
        run = run_of(response, task)
        if body.get("ReloadOption", "data-reload") != "data-reload":
            raise NotImplementedError("ReloadOption validate-only: no data validation is run.")
        if task.status != RUNNING or run.replication is None:
            raise InvalidResourceStateFault("Replication task is not running")
        if not run.replication.assignment.loads:
            raise InvalidParameterCombinationException("A task of type cdc loads no tables")
        names = [TableName(t["SchemaName"], t["TableName"]) for t in body["TablesToReload"]]
        try:
            self.lifecycle.reload(run, names)
        except ReplicationError as error:
            raise InvalidResourceStateFault(str(error)) from error
        return json.dumps({"ReplicationTaskArn": task.arn})

    def describe_table_statistics(self, response: Response) -> str:
        """Describe the tables of a task."""
        body = json.loads(response.body)
        task = find_task(response, body["ReplicationTaskArn"])
        return json.dumps(table_statistics.answer(run_of(response, task), body))

    def start_assessment(self, response: Response) -> str:
        """Start a premigration assessment run of a task at rest."""
        body = json.loads(response.body)
        task = find_task(response, body["ReplicationTaskArn"])
        require_at_rest(task, "assessed")
        self._require_tested(task)
        assignment = self._assignment(response, task)
        return self.assessments.start(response, body, assignment, task.migration_type)

    def applicable_assessments(self, response: Response) -> str:
        """Name the assessments that can be made of a task, or of tasks of a type."""
        body = json.loads(response.body)
        kind = body.get("MigrationType")
        if "ReplicationTaskArn" in body:
            kind = find_task(response, body["ReplicationTaskArn"]).migration_type
        return json.dumps({"IndividualAssessmentNames": applicable(kind or "")})

    def delete_endpoint(self, stock: Stock, response: Response) -> str:
        """Delete an endpoint that no task uses."""
        arn = json.loads(response.body)["EndpointArn"]
        for task in response.dms_backend.replication_tasks.values():
            if arn in (task.source_endpoint_arn, task.target_endpoint_arn):
                raise InvalidResourceStateFault(
                    f"Endpoint {arn} is part of one or more ReplicationTasks."
                )
        self.connections.forget(arn)
        return stock(response)

    def modify_endpoint(self, stock: Stock, response: Response) -> str:
        """Change an endpoint; its connection must be tested again."""
        answer = stock(response)
        self.connections.forget(json.loads(response.body)["EndpointArn"])
        return answer

    def delete_instance(self, stock: Stock, response: Response) -> str:
        """Delete an instance, and forget its connections."""
        answer = stock(response)
        self.connections.forget(json.loads(response.body)["ReplicationInstanceArn"])
        return answer

    def _require_tested(self, task: FakeReplicationTask) -> None:
        for arn in (task.source_endpoint_arn, task.target_endpoint_arn):
            if not self.connections.is_successful(task.replication_instance_arn, arn):
                raise InvalidResourceStateFault(
                    "Test connection for replication instance and endpoint should be successful "
                    "for starting the replication task"
                )

    def _assignment(self, response: Response, task: FakeReplicationTask) -> Assignment:
        backend = response.dms_backend
        arns = (task.source_endpoint_arn, task.target_endpoint_arn)
        try:
            source, target = (
                endpoints.server_of(backend, endpoints.find(backend, arn), self.certificates)
                for arn in arns
            )
            mappings = parse_mappings(task.table_mappings)
            settings = parse_settings(task.replication_task_settings)
        except MappingError as error:
            raise InvalidParameterValueError.of_mappings(error) from error
        except UnreachableError as error:
            raise InvalidResourceStateFault(str(error)) from error
        loads = task.migration_type != "cdc"
        if loads and settings.preparation is None:
            raise NotImplementedError(
                "TargetTablePrepMode is not in the task's settings, and DMS's default is "
                "DROP_AND_CREATE: say TRUNCATE_BEFORE_LOAD or DO_NOTHING."
            )
        follows = task.migration_type != "full-load"
        return Assignment(source, target, mappings, settings, loads, follows)


def describe_task(
    stock: Callable[[FakeReplicationTask], dict[str, Any]], task: FakeReplicationTask
) -> dict[str, Any]:
    """Describe a task with its run."""
    run: TaskRun | None = getattr(task, "replication_run", None)
    return {**stock(task), **(run.describe() if run is not None else {})}
