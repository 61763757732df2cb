"""Makes moto's DMS replicate: each action of a task does what its name says.

What belongs to the control plane alone (subnet groups, tags, endpoints' settings) is repaired in
`localcloud.cloud.repairs.replication`, which must be installed before this.
"""

from collections.abc import Callable
from pathlib import Path

from moto.dms.models import FakeReplicationTask
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.database_migration.requests import Requests, describe_task
from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import add_action

Response = DatabaseMigrationServiceResponse
ReadLog = Callable[[str, int], str | None]


def install(folder: Path, read_log: ReadLog) -> Requests:
    """Install everything; return what answers, to be closed at the end.

    `folder` is where certificates are kept; `read_log` gives a database server's log by its
    address.
    """
    requests = Requests(folder, read_log)
    for name, around in {
        "create_replication_task": requests.create_task,
        "modify_replication_task": requests.modify_task,
        "describe_replication_tasks": requests.describe_tasks,
        "delete_endpoint": requests.delete_endpoint,
        "modify_endpoint": requests.modify_endpoint,
        "delete_replication_instance": requests.delete_instance,
    }.items():
        wrap(Response, name, around)
    for name, answer in {
        "start_replication_task": requests.start_task,
        "stop_replication_task": requests.stop_task,
        "delete_replication_task": requests.delete_task,
        "test_connection": requests.connections.test,
        "describe_connections": requests.connections.describe,
    }.items():
        wrap(Response, name, _instead(answer))
    for name, answer in {
        "start_replication_task_assessment_run": requests.start_assessment,
        "describe_applicable_individual_assessments": requests.applicable_assessments,
        "describe_replication_task_assessment_runs": requests.assessments.describe_runs,
        "describe_replication_task_individual_assessments": (
            requests.assessments.describe_individuals
        ),
        "delete_replication_task_assessment_run": requests.assessments.delete,
        "delete_connection": requests.connections.delete,
        "describe_table_statistics": requests.describe_table_statistics,
        "reload_tables": requests.reload_tables,
        "import_certificate": requests.certificates.import_certificate,
        "describe_certificates": requests.certificates.describe,
        "delete_certificate": requests.certificates.delete,
    }.items():
        add_action(Response, name, _action(answer))
    wrap(FakeReplicationTask, "to_dict", describe_task)
    return requests


def _instead(answer: Callable[[Response], str]) -> Callable[..., str]:
    """Return an answer that takes the place of moto's."""
    return lambda _stock, response: answer(response)


def _action(answer: Callable[[Response], str]) -> Callable[[Response], str]:
    """Return an answer as a function, which a class makes a method of."""
    return lambda response: answer(response)
