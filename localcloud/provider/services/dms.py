"""Database Migration Service: subnet groups, instances, endpoints, tasks."""

import re
from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import (
    Call,
    Create,
    Read,
    ResourceType,
    Tagging,
    Update,
    Waiter,
)
from localcloud.provider.expressions import ID, Computed, Given, Output
from localcloud.provider.scope import Scope, Template
from localcloud.provider.services.ec2_common import filter_by
from localcloud.provider.session import Session
from localcloud.provider.waiting import wait_for

TAGGING = Tagging(
    resource_argument="ResourceArn",
    tag_operation="AddTagsToResource",
    tags_argument="Tags",
    untag_operation="RemoveTagsFromResource",
    list_operation="ListTagsForResource",
    list_path="TagList",
)

_IDENTIFIER = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]*(?<!-)")


def _identifier(name: str, longest: int) -> rules.Rule:
    """Identifiers of DMS (source: CreateReplicationInstance, DMS API reference)."""
    return rules.text(
        name,
        lambda text: len(text) <= longest and _IDENTIFIER.fullmatch(text) is not None,
        f"1 to {longest} letters, digits and single hyphens, starting with a letter",
    )


def _described_by(operation: str, filter_name: str, path: str) -> Read:
    """Return the read of a thing that DMS lists by a filter on its identifier."""
    return Read(operation=operation, arguments={"Filters": [filter_by(filter_name, ID)]}, path=path)


def _filtered(filter_name: str) -> dict[str, Template]:
    return {"Filters": [filter_by(filter_name, ID)]}


SUBNET_GROUP = ResourceType(
    pulumi_type="aws:dms/replicationSubnetGroup:ReplicationSubnetGroup",
    service="dms",
    create=Create(operation="CreateReplicationSubnetGroup"),
    identifier=Given("replicationSubnetGroupId"),
    read=(
        _described_by(
            "DescribeReplicationSubnetGroups",
            "replication-subnet-group-id",
            "ReplicationSubnetGroups[0]",
        ),
    ),
    delete=(
        Call(
            operation="DeleteReplicationSubnetGroup",
            arguments={"ReplicationSubnetGroupIdentifier": ID},
        ),
    ),
    updates=(
        Update(
            operation="ModifyReplicationSubnetGroup",
            properties=("replicationSubnetGroupDescription", "subnetIds"),
            arguments={
                "ReplicationSubnetGroupIdentifier": ID,
                "ReplicationSubnetGroupDescription": Given("replicationSubnetGroupDescription"),
                "SubnetIds": Given("subnetIds"),
            },
        ),
    ),
    renames={"replicationSubnetGroupId": "ReplicationSubnetGroupIdentifier"},
    outputs={
        "subnetIds": "Subnets[].SubnetIdentifier",
        "replicationSubnetGroupArn": Computed(
            lambda scope: f"arn:aws:dms:{scope.region}:{scope.account()}:subgrp:{scope.resource_id}"
        ),
    },
    delete_before_replace=True,
    tagging=TAGGING,
    tagged_resource=Output("replicationSubnetGroupArn"),
    rules=(
        rules.text(
            "replicationSubnetGroupId",
            lambda text: text != "default" and text == text.lower() and len(text) <= 255,
            "up to 255 lower-case characters, and not 'default'",
        ),
    ),
)

_INSTANCE_PROPERTIES = (
    "replicationInstanceClass",
    "allocatedStorage",
    "engineVersion",
    "multiAz",
    "vpcSecurityGroupIds",
    "autoMinorVersionUpgrade",
    "preferredMaintenanceWindow",
)

REPLICATION_INSTANCE = ResourceType(
    pulumi_type="aws:dms/replicationInstance:ReplicationInstance",
    service="dms",
    create=Create(operation="CreateReplicationInstance"),
    identifier=Given("replicationInstanceId"),
    read=(
        _described_by(
            "DescribeReplicationInstances", "replication-instance-id", "ReplicationInstances[0]"
        ),
    ),
    delete=(
        Call(
            operation="DeleteReplicationInstance",
            arguments={"ReplicationInstanceArn": Output("replicationInstanceArn")},
        ),
    ),
    updates=(
        Update(
            operation="ModifyReplicationInstance",
            sends="changed",
            properties=_INSTANCE_PROPERTIES,
            arguments={
                "ReplicationInstanceArn": Output("replicationInstanceArn"),
                "ApplyImmediately": Given("applyImmediately"),
                "AllowMajorVersionUpgrade": Given("allowMajorVersionUpgrade"),
            },
            resets={"multiAz": False, "autoMinorVersionUpgrade": True, "allocatedStorage": 50},
        ),
    ),
    renames={
        "replicationInstanceId": "ReplicationInstanceIdentifier",
        "replicationSubnetGroupId": "ReplicationSubnetGroupIdentifier",
        "kmsKeyArn": "KmsKeyId",
    },
    outputs={
        "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
        "replicationSubnetGroupId": "ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier",
        "replicationInstancePrivateIps": "ReplicationInstancePrivateIpAddresses",
        "replicationInstancePublicIps": "ReplicationInstancePublicIpAddresses",
    },
    delete_before_replace=True,
    provider_side=frozenset({"applyImmediately", "allowMajorVersionUpgrade"}),
    tagging=TAGGING,
    tagged_resource=Output("replicationInstanceArn"),
    wait_created=Waiter(
        name="replication_instance_available", arguments=_filtered("replication-instance-id")
    ),
    wait_deleted=Waiter(
        name="replication_instance_deleted", arguments=_filtered("replication-instance-id")
    ),
    rules=(
        _identifier("replicationInstanceId", 63),
        rules.between("allocatedStorage", 5, 6144),
        rules.text(
            "replicationInstanceClass",
            lambda text: text.startswith("dms."),
            "a class like dms.t3.medium",
        ),
    ),
)


def _postgres_settings(scope: Scope) -> dict[str, Any] | None:
    """Return PostgreSQL's own settings, with the secret that holds the credentials.

    Source: "Using secrets to access Database Migration Service endpoints": the secret and the
    role to read it with belong to the settings of the engine.
    """
    wanted = scope.inputs.get("postgresSettings")
    settings = dict(wanted) if isinstance(wanted, dict) else {}
    if scope.inputs.get("secretsManagerArn") is not None:
        settings["secretsManagerSecretId"] = scope.inputs["secretsManagerArn"]
        settings["secretsManagerAccessRoleArn"] = scope.inputs.get("secretsManagerAccessRoleArn")
        settings["databaseName"] = scope.inputs.get("databaseName")
    return {name: value for name, value in settings.items() if value is not None} or None


_POSTGRES = Computed(
    _postgres_settings,
    inputs=("postgresSettings", "secretsManagerArn", "secretsManagerAccessRoleArn"),
)

_ENDPOINT_PROPERTIES = (
    "serverName",
    "port",
    "username",
    "password",
    "databaseName",
    "sslMode",
    "extraConnectionAttributes",
    "certificateArn",
)

ENDPOINT = ResourceType(
    pulumi_type="aws:dms/endpoint:Endpoint",
    service="dms",
    create=Create(operation="CreateEndpoint", arguments={"PostgreSQLSettings": _POSTGRES}),
    identifier=Given("endpointId"),
    read=(_described_by("DescribeEndpoints", "endpoint-id", "Endpoints[0]"),),
    delete=(Call(operation="DeleteEndpoint", arguments={"EndpointArn": Output("endpointArn")}),),
    updates=(
        Update(
            operation="ModifyEndpoint",
            sends="changed",
            properties=_ENDPOINT_PROPERTIES,
            arguments={"EndpointArn": Output("endpointArn")},
            resets={"extraConnectionAttributes": "", "sslMode": "none"},
        ),
        Update(
            operation="ModifyEndpoint",
            properties=("postgresSettings", "secretsManagerArn", "secretsManagerAccessRoleArn"),
            arguments={"EndpointArn": Output("endpointArn"), "PostgreSQLSettings": _POSTGRES},
        ),
    ),
    renames={
        "endpointId": "EndpointIdentifier",
        "kmsKeyArn": "KmsKeyId",
        "postgresSettings": "PostgreSQLSettings",
    },
    outputs={
        "secretsManagerArn": "PostgreSQLSettings.SecretsManagerSecretId",
        "secretsManagerAccessRoleArn": "PostgreSQLSettings.SecretsManagerAccessRoleArn",
        "databaseName": "DatabaseName || PostgreSQLSettings.DatabaseName",
    },
    delete_before_replace=True,
    write_only=frozenset({"password"}),
    # Other engines' settings: nothing here reads or changes them.
    unsupported=frozenset(
        {
            "kafkaSettings",
            "kinesisSettings",
            "mongodbSettings",
            "mysqlSettings",
            "oracleSettings",
            "redisSettings",
            "redshiftSettings",
        }
    ),
    tagging=TAGGING,
    tagged_resource=Output("endpointArn"),
    wait_deleted=Waiter(name="endpoint_deleted", arguments=_filtered("endpoint-id")),
    rules=(
        _identifier("endpointId", 255),
        rules.port("port", lowest=1),
        rules.allowed("engineName", ("aurora-postgresql", "postgres", "aurora", "mysql", "s3")),
    ),
)

_TASK_PROPERTIES = (
    "migrationType",
    "tableMappings",
    "replicationTaskSettings",
    "cdcStartPosition",
    "cdcStartTime",
)


def _stop_task(session: Session, scope: Scope) -> None:
    """Stop a task that a workflow has started: one that runs is neither modified nor deleted."""
    filters = {"Filters": [{"Name": "replication-task-id", "Values": [scope.resource_id]}]}
    found = session.call("dms", "DescribeReplicationTasks", filters, scope.region)
    task = found["ReplicationTasks"][0]
    if task["Status"] == "running":
        arn = {"ReplicationTaskArn": task["ReplicationTaskArn"]}
        session.call("dms", "StopReplicationTask", arn, scope.region)
    if task["Status"] in ("running", "stopping"):
        wait_for(session, "dms", "replication_task_stopped", filters, scope)


REPLICATION_TASK = ResourceType(
    pulumi_type="aws:dms/replicationTask:ReplicationTask",
    service="dms",
    create=Create(operation="CreateReplicationTask"),
    identifier=Given("replicationTaskId"),
    read=(_described_by("DescribeReplicationTasks", "replication-task-id", "ReplicationTasks[0]"),),
    delete=(
        Call(
            operation="DeleteReplicationTask",
            arguments={"ReplicationTaskArn": Output("replicationTaskArn")},
        ),
    ),
    updates=(
        Update(
            operation="ModifyReplicationTask",
            sends="changed",
            properties=_TASK_PROPERTIES,
            arguments={"ReplicationTaskArn": Output("replicationTaskArn")},
        ),
    ),
    renames={"replicationTaskId": "ReplicationTaskIdentifier"},
    delete_before_replace=True,
    provider_side=frozenset({"startReplicationTask"}),
    # DMS completes the settings with its defaults when it describes them.
    write_only=frozenset({"replicationTaskSettings"}),
    tagging=TAGGING,
    tagged_resource=Output("replicationTaskArn"),
    before_update=_stop_task,
    before_delete=_stop_task,
    # It is ready until it is first started, and stopped afterwards.
    wait_updated=False,
    wait_created=Waiter(name="replication_task_ready", arguments=_filtered("replication-task-id")),
    wait_deleted=Waiter(
        name="replication_task_deleted", arguments=_filtered("replication-task-id")
    ),
    rules=(
        _identifier("replicationTaskId", 255),
        # Starting a task is the workflow's business; a deployment only makes it ready.
        rules.allowed("startReplicationTask", (False,)),
        rules.json_document("tableMappings", "replicationTaskSettings"),
    ),
)

TYPES = (SUBNET_GROUP, REPLICATION_INSTANCE, ENDPOINT, REPLICATION_TASK)
