"""NAT gateways: the private subnets' way out to the internet."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.zones import zone_letter
from shared.context import Context
from stacks.network.addressing import Tier
from stacks.network.settings import NatGateways
from stacks.network.vpc import ANYWHERE, Vpc


@dataclass(frozen=True)
class NatConfig:
    """How many NAT gateways the VPC gets."""

    choice: NatGateways


class Nat(pulumi.ComponentResource):
    """A VPC's NAT gateways, their addresses, and the private subnets' default routes."""

    def __init__(
        self,
        context: Context,
        vpc: Vpc,
        config: NatConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "payments:network:Nat", context.name("nat", vpc.config.purpose), None, opts
        )
        self._context = context
        self._vpc = vpc
        gateways = {
            zone: self._gateway(zone) for zone in gateway_zones(config.choice, vpc.config.zones)
        }
        for zone, table in vpc.private_route_tables.items():
            gateway = gateways.get(zone) or next(iter(gateways.values()), None)
            if gateway is None:
                continue
            aws.ec2.Route(
                context.name("route", f"{self._purpose(zone, 'private')}-internet"),
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateway.id,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _gateway(self, zone: str) -> aws.ec2.NatGateway:
        address_name = self._context.name("elastic-ip", self._purpose(zone, "nat"))
        # An internet gateway has to be attached first, to the address and to the gateway alike
        # (Amazon VPC User Guide, "NAT gateway basics").
        opts = pulumi.ResourceOptions(parent=self, depends_on=[self._vpc.internet_gateway])
        address = aws.ec2.Eip(
            address_name, domain="vpc", tags=self._context.tags(address_name), opts=opts
        )
        name = self._context.name("nat-gateway", self._purpose(zone, "public"))
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=self._vpc.subnet_id(Tier.PUBLIC, zone),
            tags=self._context.tags(name),
            opts=opts,
        )

    def _purpose(self, zone: str, what: str) -> str:
        return f"{self._vpc.config.purpose}-{what}-{zone_letter(zone)}"


def gateway_zones(choice: NatGateways, zones: tuple[str, ...]) -> tuple[str, ...]:
    """Return the zones that get a NAT gateway."""
    if choice is NatGateways.NONE:
        return ()
    return zones[:1] if choice is NatGateways.SINGLE else zones
