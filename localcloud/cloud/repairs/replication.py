"""Database Migration Service: a control plane whose state is real.

moto knows 18 of the service's actions. Restored here, each from the operation of its name in the
AWS DMS API Reference:

* ModifyEndpoint, ModifyReplicationTask, ModifyReplicationSubnetGroup.
* AddTagsToResource, RemoveTagsFromResource; the tags of subnet groups by their ARN.
* Subnet groups with their subnets, for groups and for instances in them.
* An endpoint becomes ``active``, a task ``ready``; what does not exist is said so.

What moves data is `localcloud.cloud.database_migration`.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.dms.exceptions import InvalidResourceStateFault, ResourceNotFoundFault
from moto.dms.models import (
    DatabaseMigrationServiceBackend,
    Endpoint,
    FakeReplicationInstance,
    FakeReplicationTask,
)
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs import replication_subnet_groups
from localcloud.cloud.repairs.patches import add_action, once

Response = DatabaseMigrationServiceResponse
Backend = DatabaseMigrationServiceBackend


@once
def install() -> None:
    """Repair moto's DMS."""
    add_action(Response, "add_tags_to_resource", _add_tags)
    add_action(Response, "remove_tags_from_resource", _remove_tags)
    add_action(Response, "modify_endpoint", _modify_endpoint)
    add_action(Response, "modify_replication_task", _modify_task)
    wrap(Response, "create_endpoint", _create_endpoint)
    wrap(Response, "create_replication_task", _create_task)
    wrap(FakeReplicationTask, "to_dict", _describe_task)
    wrap(Backend, "delete_replication_instance", _delete_instance)
    for name in ("describe_endpoints", "describe_replication_instances"):
        wrap(Backend, name, _found_or_fault)
    wrap(Backend, "describe_replication_tasks", _found_or_fault)
    replication_subnet_groups.install()


def _found_or_fault(
    stock: Callable[..., Any], backend: Backend, *arguments: Any, **keywords: Any
) -> Any:
    """Say that what a filter on an identifier asks for does not exist, instead of nothing."""
    found = stock(backend, *arguments, **keywords)
    filters = keywords.get("filters") or (arguments[0] if arguments else [])
    names = {each.get("Name", "") for each in filters or []}
    if not found and any(name.endswith(("-id", "-arn")) for name in names):
        raise ResourceNotFoundFault("No resources found matching the filters.")
    return found


def _add_tags(response: Response) -> str:
    body = json.loads(response.body)
    response.dms_backend.tagger.tag_resource(body["ResourceArn"], body["Tags"])
    return "{}"


def _remove_tags(response: Response) -> str:
    body = json.loads(response.body)
    tagger = response.dms_backend.tagger
    tagger.untag_resource_using_names(body["ResourceArn"], body["TagKeys"])
    return "{}"


def _create_endpoint(stock: Callable[[Response], str], response: Response) -> str:
    """Answer as before; the endpoint is active afterwards, as on AWS within seconds."""
    answer = json.loads(stock(response))
    identifier = answer["Endpoint"]["EndpointIdentifier"]
    endpoint = response.dms_backend.endpoints[identifier]
    endpoint.status = "active"
    return json.dumps({"Endpoint": _plain(endpoint)})


_ENDPOINT_ATTRIBUTES = {
    "PostgreSQLSettings": "postgre_sql_settings",
    "MySQLSettings": "my_sql_settings",
}


def _modify_endpoint(response: Response) -> str:
    body = json.loads(response.body)
    endpoints = response.dms_backend.endpoints.values()
    endpoint = next((each for each in endpoints if each.endpoint_arn == body["EndpointArn"]), None)
    if endpoint is None:
        raise ResourceNotFoundFault("Endpoint could not be found.")
    for member, value in body.items():
        if member in ("EndpointArn", "ExactSettings"):
            continue
        attribute = _ENDPOINT_ATTRIBUTES.get(member, camelcase_to_underscores(member))
        old = getattr(endpoint, attribute)
        # Settings are merged into the old ones unless ExactSettings says otherwise.
        merges = isinstance(old, dict) and not body.get("ExactSettings")
        setattr(endpoint, attribute, {**old, **value} if merges else value)
    return json.dumps({"Endpoint": _plain(endpoint)})


def _plain(endpoint: Endpoint) -> dict[str, Any]:
    return {key: value for key, value in endpoint.to_dict().items() if value is not None}


def _create_task(stock: Callable[[Response], str], response: Response) -> str:
    """Refuse unknown endpoints and instances; make the task ready to start."""
    body, backend = json.loads(response.body), response.dms_backend
    endpoints = {endpoint.endpoint_arn for endpoint in backend.endpoints.values()}
    for member in ("SourceEndpointArn", "TargetEndpointArn"):
        if body[member] not in endpoints:
            raise ResourceNotFoundFault(f"Endpoint {body[member]} could not be found.")
    if body["ReplicationInstanceArn"] not in backend.replication_instances:
        raise ResourceNotFoundFault("Replication instance could not be found.")
    answer = json.loads(stock(response))
    task: Any = backend.replication_tasks[answer["ReplicationTask"]["ReplicationTaskArn"]]
    task.cdc_start_position = body.get("CdcStartPosition")
    task.ready()
    return json.dumps({"ReplicationTask": {**task.to_dict(), "Status": "creating"}})


def _modify_task(response: Response) -> str:
    body = json.loads(response.body)
    task = response.dms_backend.replication_tasks.get(body["ReplicationTaskArn"])
    if task is None:
        raise ResourceNotFoundFault("Replication task could not be found.")
    attributes = {
        "ReplicationTaskIdentifier": "id",
        "MigrationType": "migration_type",
        "TableMappings": "table_mappings",
        "ReplicationTaskSettings": "replication_task_settings",
        "CdcStartPosition": "cdc_start_position",
    }
    for member, attribute in attributes.items():
        if member in body:
            setattr(task, attribute, body[member])
    return json.dumps({"ReplicationTask": task.to_dict()})


def _describe_task(
    stock: Callable[[FakeReplicationTask], dict[str, Any]], task: FakeReplicationTask
) -> dict[str, Any]:
    """Describe a task without moto's made-up progress: it never loaded a table."""
    description = stock(task)
    del description["ReplicationTaskStats"]
    position = getattr(task, "cdc_start_position", None)
    if position is not None:
        description["CdcStartPosition"] = position
    return {key: value for key, value in description.items() if value is not None}


def _delete_instance(
    stock: Callable[..., FakeReplicationInstance], backend: Backend, replication_instance_arn: str
) -> FakeReplicationInstance:
    tasks = backend.replication_tasks.values()
    if any(task.replication_instance_arn == replication_instance_arn for task in tasks):
        raise InvalidResourceStateFault(
            "Replication instance has one or more replication tasks. Delete them first."
        )
    return stock(backend, replication_instance_arn)
