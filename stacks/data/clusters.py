"""Configurations of the two clusters: what they share, and what makes them source and target.

The source is in the production VPC, where the payments functions are. The target is in the
migration VPC beside the replication instance, so that a bulk load crosses the Transit Gateway
once. Everything else is the same on both sides.
"""

import dataclasses

import pulumi

from shared.components.credentials import fetch_credentials
from shared.context import Context
from shared.contracts import NetworkOutputs
from shared.existing_secrets import Secrets
from stacks.data.aurora_cluster import AuroraClusterConfig
from stacks.data.settings import DataSettings


def source_config(
    context: Context,
    settings: DataSettings,
    network: NetworkOutputs,
    zones: tuple[str, ...],
    key_arn: pulumi.Input[str],
) -> AuroraClusterConfig:
    """Return the configuration of the cluster that is migrated from."""
    return AuroraClusterConfig(
        purpose="source",
        engine_version=settings.source_engine_version,
        instance_class=settings.instance_class,
        database_name=settings.database_name,
        credentials=fetch_credentials(context, Secrets.SOURCE_MASTER.value),
        subnet_ids=network.production_database_subnet_ids,
        security_group_id=network.source_database_security_group_id,
        zones=zones,
        key_arn=key_arn,
        backup_retention_days=settings.backup_retention_days,
        skip_final_snapshot=settings.skip_final_snapshot,
        log_retention_days=settings.log_retention_days,
    )


def target_config(
    context: Context,
    settings: DataSettings,
    network: NetworkOutputs,
    source: AuroraClusterConfig,
) -> AuroraClusterConfig:
    """Return the configuration of the cluster that is migrated to: the source's, elsewhere."""
    return dataclasses.replace(
        source,
        purpose="target",
        engine_version=settings.target_engine_version,
        credentials=fetch_credentials(context, Secrets.TARGET_MASTER.value),
        subnet_ids=network.migration_database_subnet_ids,
        security_group_id=network.target_database_security_group_id,
    )
