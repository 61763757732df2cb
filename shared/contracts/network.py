"""What the network layer promises to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output, placeholder_ids

if TYPE_CHECKING:
    from pulumi import Output


class NetworkOutputs(Contract, layer="network"):
    """VPCs, subnets and security groups. Subnet lists hold one id for each availability zone."""

    production_vpc_id: Output[str] = output("VPC 10.0.0.0/16", "vpc-00000000000000000")
    migration_vpc_id: Output[str] = output("VPC 10.1.0.0/16", "vpc-00000000000000001")
    transit_gateway_id: Output[str] = output("Joins both VPCs", "tgw-00000000000000000")
    production_private_subnet_ids: Output[Sequence[str]] = output(
        "Private subnets of the production VPC, where functions run",
        placeholder_ids("subnet", 0x10, 3),
    )
    production_database_subnet_ids: Output[Sequence[str]] = output(
        "Database subnets of the production VPC", placeholder_ids("subnet", 0x20, 3)
    )
    migration_private_subnet_ids: Output[Sequence[str]] = output(
        "Private subnets of the migration VPC, where replication runs",
        placeholder_ids("subnet", 0x30, 3),
    )
    migration_database_subnet_ids: Output[Sequence[str]] = output(
        "Database subnets of the migration VPC", placeholder_ids("subnet", 0x40, 3)
    )
    source_database_security_group_id: Output[str] = output(
        "Guards the source cluster", "sg-00000000000000000"
    )
    target_database_security_group_id: Output[str] = output(
        "Guards the target cluster", "sg-00000000000000001"
    )
    replication_security_group_id: Output[str] = output(
        "Worn by the replication instance", "sg-00000000000000002"
    )
    function_security_group_id: Output[str] = output(
        "Worn by functions in the production VPC", "sg-00000000000000003"
    )
