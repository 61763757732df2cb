"""An Aurora PostgreSQL cluster that logical replication can read from and write to."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.credentials import Credentials
from shared.components.log_group import encrypted_log_group
from shared.context import Context
from stacks.data.cluster_parameters import CLUSTER_PARAMETERS, parameter_family

_ENGINE = aws.rds.EngineType.AURORA_POSTGRESQL
_PERFORMANCE_INSIGHTS_DAYS = 7  # the retention that costs nothing


@dataclass(frozen=True, kw_only=True)
class AuroraClusterConfig:
    """One cluster. `purpose` is ``source`` or ``target``; the first two zones are used."""

    purpose: str
    engine_version: str
    instance_class: str
    database_name: str
    credentials: Credentials
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    zones: tuple[str, ...]
    key_arn: pulumi.Input[str]
    backup_retention_days: int
    skip_final_snapshot: bool
    log_retention_days: int


class AuroraCluster(pulumi.ComponentResource):
    """A cluster with a writer and a reader, in different availability zones."""

    identifier: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    reader_endpoint: pulumi.Output[str]
    port: pulumi.Output[int]

    def __init__(
        self,
        context: Context,
        config: AuroraClusterConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("aurora", config.purpose)
        super().__init__("payments:data:AuroraCluster", name, None, opts)
        self._context = context
        self._config = config
        self._child = pulumi.ResourceOptions(parent=self)
        cluster = self._cluster(name, self._subnet_group(), self._parameter_group())
        writer_zone, reader_zone = config.zones[:2]
        writer = self._instance("writer", cluster, writer_zone, promotion_tier=0)
        # The first instance of a cluster becomes its writer (Amazon Aurora User Guide, "Adding
        # Aurora Replicas"), so the reader waits.
        self._instance("reader", cluster, reader_zone, promotion_tier=1, after=[writer])
        self.identifier = cluster.cluster_identifier
        self.endpoint = cluster.endpoint
        self.reader_endpoint = cluster.reader_endpoint
        self.port = cluster.port
        self.register_outputs({"identifier": self.identifier, "endpoint": self.endpoint})

    def parameters(self) -> dict[str, pulumi.Input[str]]:
        """Return where the cluster is, as parameters of the database hierarchy."""
        purpose = self._config.purpose
        return {
            f"{purpose}_endpoint": self.endpoint,
            f"{purpose}_reader_endpoint": self.reader_endpoint,
            f"{purpose}_port": self.port.apply(str),
        }

    def _subnet_group(self) -> aws.rds.SubnetGroup:
        name = self._context.name("subnet-group", self._config.purpose)
        return aws.rds.SubnetGroup(
            name,
            name=name,
            description=f"Database subnets of the {self._config.purpose} cluster",
            subnet_ids=self._config.subnet_ids,
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _parameter_group(self) -> aws.rds.ClusterParameterGroup:
        # The major version is part of the name: a group's family cannot change, and the old group
        # has to stay until the cluster has left it.
        family = parameter_family(self._config.engine_version)
        major = family.removeprefix("aurora-")
        name = self._context.name("parameter-group", f"{self._config.purpose}-{major}")
        return aws.rds.ClusterParameterGroup(
            name,
            name=name,
            description=f"Logical replication and TLS on the {self._config.purpose} cluster",
            family=family,
            parameters=CLUSTER_PARAMETERS,
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _cluster(
        self,
        name: str,
        subnet_group: aws.rds.SubnetGroup,
        parameter_group: aws.rds.ClusterParameterGroup,
    ) -> aws.rds.Cluster:
        config = self._config
        log_group = encrypted_log_group(
            self._context,
            f"/aws/rds/cluster/{name}/postgresql",
            key_arn=config.key_arn,
            retention_days=config.log_retention_days,
            parent=self,
        )
        snapshot = self._context.name("final-snapshot", config.purpose)
        return aws.rds.Cluster(
            name,
            cluster_identifier=name,
            engine=_ENGINE,
            engine_version=config.engine_version,
            database_name=config.database_name,
            master_username=config.credentials.username,
            master_password=config.credentials.password,
            db_subnet_group_name=subnet_group.name,
            db_cluster_parameter_group_name=parameter_group.name,
            vpc_security_group_ids=[config.security_group_id],
            storage_encrypted=True,
            kms_key_id=config.key_arn,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            backup_retention_period=config.backup_retention_days,
            copy_tags_to_snapshot=True,
            deletion_protection=False,
            skip_final_snapshot=config.skip_final_snapshot,
            final_snapshot_identifier=None if config.skip_final_snapshot else snapshot,
            tags=self._context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log_group]),
        )

    def _instance(
        self,
        role: str,
        cluster: aws.rds.Cluster,
        zone: str,
        *,
        promotion_tier: int,
        after: Sequence[pulumi.Resource] = (),
    ) -> aws.rds.ClusterInstance:
        name = self._context.name("aurora", f"{self._config.purpose}-{role}")
        return aws.rds.ClusterInstance(
            name,
            identifier=name,
            cluster_identifier=cluster.cluster_identifier,
            engine=_ENGINE,
            engine_version=cluster.engine_version,
            instance_class=self._config.instance_class,
            availability_zone=zone,
            promotion_tier=promotion_tier,
            publicly_accessible=False,
            # Neither side's version may move while data is compared between them.
            auto_minor_version_upgrade=False,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._config.key_arn,
            performance_insights_retention_period=_PERFORMANCE_INSIGHTS_DAYS,
            copy_tags_to_snapshot=True,
            tags=self._context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
