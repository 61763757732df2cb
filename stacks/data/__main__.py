"""The data layer: the cluster that is left, the cluster that is moved to, and the route."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

import pulumi

from shared import references
from shared.components.account import Account
from shared.components.credentials import secret_arn
from shared.components.encryption_key import EncryptionKey, EncryptionKeyConfig, used_by_logs
from shared.components.parameter_hierarchy import ParameterHierarchy, ParameterHierarchyConfig
from shared.components.zones import availability_zones
from shared.context import Context
from shared.contracts import DataOutputs, NetworkOutputs
from shared.existing_secrets import Secrets
from stacks.data.aurora_cluster import AuroraCluster
from stacks.data.clusters import source_config, target_config
from stacks.data.route import Route, RouteConfig
from stacks.data.secret_rotation import RotationConfig, SecretRotation
from stacks.data.settings import DataSettings

context = Context.current()
account = Account.current()
settings = DataSettings.read()
network = references.require(NetworkOutputs)

key_config = EncryptionKeyConfig("data", "Encrypts the payments data", (used_by_logs(account),))
key = EncryptionKey(context, account, key_config)
source_choice = source_config(context, settings, network, availability_zones(), key.arn)
source = AuroraCluster(context, source_choice)
target = AuroraCluster(context, target_config(context, settings, network, source_choice))
route = Route(context, RouteConfig())
facts = {"name": settings.database_name, **source.parameters(), **target.parameters()}
ParameterHierarchy(context, ParameterHierarchyConfig("database", facts))
ParameterHierarchy(context, ParameterHierarchyConfig("workflow", settings.thresholds()))
SecretRotation(context, account, RotationConfig(settings, network, source, target, route, key.arn))

references.export(
    DataOutputs(
        kms_key_arn=key.arn,
        database_name=pulumi.Output.from_input(settings.database_name),
        source_cluster_identifier=source.identifier,
        source_endpoint=source.endpoint,
        source_reader_endpoint=source.reader_endpoint,
        source_port=source.port,
        source_secret_arn=secret_arn(context, Secrets.SOURCE_MASTER.value),
        target_cluster_identifier=target.identifier,
        target_endpoint=target.endpoint,
        target_reader_endpoint=target.reader_endpoint,
        target_port=target.port,
        target_secret_arn=secret_arn(context, Secrets.TARGET_MASTER.value),
        application_secret_arn=secret_arn(context, Secrets.APPLICATION.value),
        certificate_authority_secret_arn=secret_arn(context, Secrets.CERTIFICATE_AUTHORITY.value),
        route_parameter_name=route.parameter_name,
        route_parameter_arn=route.parameter_arn,
    )
)
