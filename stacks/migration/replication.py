"""DMS: the instance, both endpoints, and the task that loads and then follows the source."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Database:
    """One side of the replication."""

    side: str
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


class Replication(pulumi.ComponentResource):
    """Full load and change data capture, with validation.

    The task is created, not started: when to start is the workflow's decision.
    """

    instance_arn: pulumi.Output[str]
    instance_identifier: pulumi.Output[str]
    task_arn: pulumi.Output[str]
    task_identifier: pulumi.Output[str]

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
        task_name = context.name("replication-task", "payments")
        task = aws.dms.ReplicationTask(
            task_name,
            replication_task_id=task_name,
            migration_type="full-load-and-cdc",
            replication_instance_arn=instance.replication_instance_arn,
            source_endpoint_arn=self._endpoint(config.source).endpoint_arn,
            target_endpoint_arn=self._endpoint(config.target).endpoint_arn,
            replication_task_settings=(_HERE / "task_settings.json").read_text(),
            table_mappings=(_HERE / "table_mappings.json").read_text(),
            start_replication_task=False,
            tags=context.tags(task_name),
            opts=self._child,
        )
        self.instance_arn = instance.replication_instance_arn
        self.instance_identifier = instance.replication_instance_id
        self.task_arn = task.replication_task_arn
        self.task_identifier = task.replication_task_id
        self.register_outputs({"task_arn": self.task_arn})

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
        name = self._context.name("replication-endpoint", database.side)
        return aws.dms.Endpoint(
            name,
            endpoint_id=name,
            endpoint_type=database.side,
            engine_name=_ENGINE,
            server_name=database.host,
            port=database.port,
            database_name=database.name,
            username=database.credentials.username,
            password=database.credentials.password,
            ssl_mode="require",
            kms_key_arn=self._config.key_arn,
            postgres_settings=_settings(database.side),
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
            side="source",
            host=data.source_endpoint,
            port=data.source_port,
            name=data.database_name,
            credentials=fetch_credentials(context, Secrets.SOURCE_MASTER.value),
        ),
        target=Database(
            side="target",
            host=data.target_endpoint,
            port=data.target_port,
            name=data.database_name,
            credentials=fetch_credentials(context, Secrets.TARGET_MASTER.value),
        ),
    )


def _settings(side: str) -> aws.dms.EndpointPostgresSettingsArgsDict:
    # Without the first, DMS carries a boolean as text of five characters. The heartbeat lets the
    # replication slot advance while the payments tables are quiet, so that no log piles up.
    # (AWS DMS User Guide, "Using a PostgreSQL database as an AWS DMS source".)
    if side == "target":
        return {"map_boolean_as_boolean": True}
    return {"map_boolean_as_boolean": True, "heartbeat_enable": True, "heartbeat_frequency": 1}
