"""How a VPC's address range is divided.

A /16 is cut into four /18 blocks: public, private, database, and one in reserve. A tier's block
is what a rule in the other VPC names, since security groups cannot be referenced there. Each
block is cut into /20 subnets, one a zone, with room for a fourth zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Network

_VPC_PREFIX = 16
_TIER_PREFIX = 18
_SUBNET_PREFIX = 20


class Tier(IntEnum):
    """The three kinds of subnet; the value is the index of the tier's block."""

    PUBLIC = 0
    PRIVATE = 1
    DATABASE = 2

    @property
    def label(self) -> str:
        """Return the tier as it stands in resource names."""
        return self.name.lower()


@dataclass(frozen=True)
class SubnetPlan:
    """One subnet to create."""

    tier: Tier
    zone: str
    cidr: IPv4Network


def tier_block(vpc: IPv4Network, tier: Tier) -> IPv4Network:
    """Return the block that holds all subnets of a tier. Raises ValueError unless a /16."""
    if vpc.prefixlen != _VPC_PREFIX:
        raise ValueError(f"{vpc} is not a /{_VPC_PREFIX}")
    return list(vpc.subnets(new_prefix=_TIER_PREFIX))[tier]


def plan_subnets(vpc: IPv4Network, zones: Sequence[str]) -> tuple[SubnetPlan, ...]:
    """Return a subnet for each tier and zone, tiers first. Raises ValueError unless a /16."""
    return tuple(
        SubnetPlan(tier, zone, cidr)
        for tier in Tier
        for zone, cidr in zip(
            zones, tier_block(vpc, tier).subnets(new_prefix=_SUBNET_PREFIX), strict=False
        )
    )
