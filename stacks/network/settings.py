"""Configuration of the network layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network

import pulumi

from stacks.choices import require_choice, require_choices, require_log_retention_days

ENDPOINT_SERVICES = (
    "secretsmanager",
    "ssm",
    "kms",
    "logs",
    "sts",
    "monitoring",
    "events",
    "states",
)


class NatGateways(StrEnum):
    """How many NAT gateways each VPC has."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "per-az"


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """What an environment chooses about its network."""

    production_cidr: IPv4Network
    migration_cidr: IPv4Network
    nat_gateways: NatGateways
    interface_endpoints: tuple[str, ...]
    flow_logs: bool
    flow_log_retention_days: int

    @classmethod
    def read(cls) -> "NetworkSettings":
        """Return the stack's configuration. Raises pulumi.RunError for a value out of range."""
        config = pulumi.Config()
        settings = cls(
            production_cidr=IPv4Network(config.require("productionCidr")),
            migration_cidr=IPv4Network(config.require("migrationCidr")),
            nat_gateways=NatGateways(require_choice(config, "natGateways", tuple(NatGateways))),
            interface_endpoints=require_choices(config, "interfaceEndpoints", ENDPOINT_SERVICES),
            flow_logs=config.require_bool("flowLogs"),
            flow_log_retention_days=require_log_retention_days(config, "flowLogRetentionDays"),
        )
        if settings.production_cidr.overlaps(settings.migration_cidr):
            raise pulumi.RunError("network:productionCidr and network:migrationCidr overlap")
        return settings
