"""The network layer: two VPCs, joined by a Transit Gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

from shared import references
from shared.components.account import Account
from shared.components.zones import availability_zones
from shared.context import Context
from shared.contracts import NetworkOutputs
from stacks.network.addressing import Tier
from stacks.network.endpoints import Endpoints, EndpointsConfig
from stacks.network.flow_logs import FlowLogs, FlowLogsConfig
from stacks.network.nat import Nat, NatConfig
from stacks.network.security_groups import Member, SecurityGroups, SecurityGroupsConfig
from stacks.network.settings import NetworkSettings
from stacks.network.transit import Transit, TransitConfig
from stacks.network.vpc import Vpc, VpcConfig

context = Context.current()
account = Account.current()
settings = NetworkSettings.read()
zones = availability_zones()

production = Vpc(context, VpcConfig("production", settings.production_cidr, zones))
migration = Vpc(context, VpcConfig("migration", settings.migration_cidr, zones))
Nat(context, production, NatConfig(settings.nat_gateways))
Nat(context, migration, NatConfig(settings.nat_gateways))
transit = Transit(context, TransitConfig(production, migration))
groups = SecurityGroups(context, SecurityGroupsConfig(production=production, migration=migration))
interfaces = EndpointsConfig(settings.interface_endpoints, (groups.group_id(Member.ENDPOINTS),))
Endpoints(context, account, production, interfaces)
Endpoints(context, account, migration, EndpointsConfig())
if settings.flow_logs:
    retention = FlowLogsConfig(settings.flow_log_retention_days)
    FlowLogs(context, account, (production, migration), retention)

references.export(
    NetworkOutputs(
        production_vpc_id=production.vpc_id,
        migration_vpc_id=migration.vpc_id,
        transit_gateway_id=transit.transit_gateway_id,
        production_private_subnet_ids=production.subnet_ids(Tier.PRIVATE),
        production_database_subnet_ids=production.subnet_ids(Tier.DATABASE),
        migration_private_subnet_ids=migration.subnet_ids(Tier.PRIVATE),
        migration_database_subnet_ids=migration.subnet_ids(Tier.DATABASE),
        source_database_security_group_id=groups.group_id(Member.SOURCE_DATABASE),
        target_database_security_group_id=groups.group_id(Member.TARGET_DATABASE),
        replication_security_group_id=groups.group_id(Member.REPLICATION),
        function_security_group_id=groups.group_id(Member.FUNCTIONS),
    )
)
