"""DMS: the instance, and a task each way with its endpoints.

The forward task loads the target and then follows the source. The reverse task brings back what
the target takes after a cutover; it loads nothing. Neither takes what the other one has written
(AWS DMS User Guide, "Performing bidirectional replication").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pulumi
import pulumi_aws as aws

from shared.components.credentials import Credentials, fetch_credentials
from shared.context import Context
from shared.contracts import DataOutputs, NetworkOutputs
from shared.existing_secrets import Secrets
from stacks.migration.settings import MigrationSettings

_HERE = Path(__file__).parent
_ENGINE = "aurora-postgresql"
# Without it on both endpoints of a task, NUMERIC without precision is rounded to six places (AWS
# DMS User Guide, "Endpoint settings when using PostgreSQL as a DMS source"). It is a connection
# attribute because the API's PostgreSQLSettings have no such member.
_EXACT_NUMERIC = "MapUnboundedNumericAsString=true"


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database in one part: as the `source` or the `target` of a task. Its purpose names it."""

    purpose: str
    part: str
    host: pulumi.Input[str]
    port: pulumi.Input[int]
    name: pulumi.Input[str]
    credentials: Credentials


@dataclass(frozen=True, kw_only=True)
class ReplicationConfig:
    """The instance's size and place, and the two databases."""

    instance_class: str
    storage_gib: int
    multi_az: bool
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    source: Database
    target: Database


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A task with the endpoints that it reads from and writes to."""

    task: aws.dms.ReplicationTask
    source: aws.dms.Endpoint
    target: aws.dms.Endpoint


class Replication(pulumi.ComponentResource):
    """The instance, full load and change data capture forward, change data capture back.

    The tasks are created, not started: when to start is the workflow's decision.
    """

    instance_arn: pulumi.Output[str]
    instance_identifier: pulumi.Output[str]
    forward: Stream
    reverse: Stream

    def __init__(
        self,
        context: Context,
        config: ReplicationConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("replication", "payments")
        super().__init__("payments:migration:Replication", name, None, opts)
        self._context = context
        self._config = config
        self._child = pulumi.ResourceOptions(parent=self)
        instance = self._instance()
        source, target = config.source, config.target
        self.instance_arn = instance.replication_instance_arn
        self.instance_identifier = instance.replication_instance_id
        self.forward = self._stream("payments", "full-load-and-cdc", source, target)
        self.reverse = self._stream(
            "reverse",
            "cdc",
            replace(target, purpose="reverse-source", part="source"),
            replace(source, purpose="reverse-target", part="target"),
        )
        self.register_outputs({"task_arn": self.forward.task.replication_task_arn})

    def _stream(self, purpose: str, kind: str, source: Database, target: Database) -> Stream:
        name = self._context.name("replication-task", purpose)
        endpoints = self._endpoint(source), self._endpoint(target)
        task = aws.dms.ReplicationTask(
            name,
            replication_task_id=name,
            migration_type=kind,
            replication_instance_arn=self.instance_arn,
            source_endpoint_arn=endpoints[0].endpoint_arn,
            target_endpoint_arn=endpoints[1].endpoint_arn,
            replication_task_settings=(_HERE / "task_settings.json").read_text(),
            table_mappings=(_HERE / "table_mappings.json").read_text(),
            start_replication_task=False,
            tags=self._context.tags(name),
            opts=self._child,
        )
        return Stream(task=task, source=endpoints[0], target=endpoints[1])

    def _instance(self) -> aws.dms.ReplicationInstance:
        config = self._config
        group_name = self._context.name("replication-subnet-group", "payments")
        group = aws.dms.ReplicationSubnetGroup(
            group_name,
            replication_subnet_group_id=group_name,
            replication_subnet_group_description="Private subnets of the migration VPC",
            subnet_ids=config.subnet_ids,
            tags=self._context.tags(group_name),
            opts=self._child,
        )
        name = self._context.name("replication-instance", "payments")
        return aws.dms.ReplicationInstance(
            name,
            replication_instance_id=name,
            replication_instance_class=config.instance_class,
            allocated_storage=config.storage_gib,
            multi_az=config.multi_az,
            replication_subnet_group_id=group.replication_subnet_group_id,
            vpc_security_group_ids=[config.security_group_id],
            kms_key_arn=config.key_arn,
            publicly_accessible=False,
            # An upgrade restarts the instance, and with it every running task.
            auto_minor_version_upgrade=False,
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _endpoint(self, database: Database) -> aws.dms.Endpoint:
        name = self._context.name("replication-endpoint", database.purpose)
        return aws.dms.Endpoint(
            name,
            endpoint_id=name,
            endpoint_type=database.part,
            engine_name=_ENGINE,
            server_name=database.host,
            port=database.port,
            database_name=database.name,
            username=database.credentials.username,
            password=database.credentials.password,
            ssl_mode="require",
            kms_key_arn=self._config.key_arn,
            extra_connection_attributes=_EXACT_NUMERIC,
            postgres_settings=_settings(database.part),
            tags=self._context.tags(name),
            opts=self._child,
        )


def replication_config(
    context: Context, settings: MigrationSettings, network: NetworkOutputs, data: DataOutputs
) -> ReplicationConfig:
    """Return the replication between the data layer's clusters, in the migration VPC."""
    return ReplicationConfig(
        instance_class=settings.replication_instance_class,
        storage_gib=settings.replication_storage_gib,
        multi_az=settings.replication_multi_az,
        subnet_ids=network.migration_private_subnet_ids,
        security_group_id=network.replication_security_group_id,
        key_arn=data.kms_key_arn,
        source=Database(
            purpose="source",
            part="source",
            host=data.source_endpoint,
            port=data.source_port,
            name=data.database_name,
            credentials=fetch_credentials(context, Secrets.SOURCE_MASTER.value),
        ),
        target=Database(
            purpose="target",
            part="target",
            host=data.target_endpoint,
            port=data.target_port,
            name=data.database_name,
            credentials=fetch_credentials(context, Secrets.TARGET_MASTER.value),
        ),
    )


def _settings(part: str) -> aws.dms.EndpointPostgresSettingsArgsDict:
    # Without the first, DMS carries a boolean as text of five characters. The heartbeat lets the
    # replication slot advance while the payments tables are quiet, so that no log piles up, and
    # a large object beyond the task's limit stops the task, where it would be cut by default.
    # (AWS DMS User Guide, "Using a PostgreSQL database as an AWS DMS source".) DMS loads tables
    # side by side, in no order that foreign keys would accept, and triggers have fired at the
    # source already ("Using a PostgreSQL database as a target", on afterConnectScript).
    if part == "target":
        return {
            "map_boolean_as_boolean": True,
            "after_connect_script": "SET session_replication_role = 'replica'",
        }
    return {
        "map_boolean_as_boolean": True,
        "fail_tasks_on_lob_truncation": True,
        "heartbeat_enable": True,
        "heartbeat_frequency": 1,
    }
