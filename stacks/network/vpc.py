"""A VPC with its subnets, internet gateway and route tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from shared.components.zones import zone_letter
from shared.context import Context
from stacks.network.addressing import SubnetPlan, Tier, plan_subnets

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class VpcConfig:
    """A VPC's purpose in names, its range (a /16) and the zones that it spreads over."""

    purpose: str
    cidr: IPv4Network
    zones: tuple[str, ...]


class Vpc(pulumi.ComponentResource):
    """Nine subnets in three tiers.

    Public subnets share a route table to the internet. Each private subnet has its own, so that
    it can use the NAT gateway of its zone. Database subnets share one without a way out.
    """

    vpc_id: pulumi.Output[str]
    internet_gateway: aws.ec2.InternetGateway
    private_route_tables: dict[str, aws.ec2.RouteTable]
    database_route_table: aws.ec2.RouteTable

    def __init__(
        self, context: Context, config: VpcConfig, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        name = context.name("vpc", config.purpose)
        super().__init__("payments:network:Vpc", name, None, opts)
        self.config = config
        self._context = context
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=str(config.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=context.tags(name),
            opts=self._child,
        )
        self.vpc_id = vpc.id
        self._subnets = {
            (plan.tier, plan.zone): self._subnet(plan)
            for plan in plan_subnets(config.cidr, config.zones)
        }
        self.internet_gateway = self._route_public_subnets()
        self.private_route_tables = {zone: self._route_private(zone) for zone in config.zones}
        self.database_route_table = self._route_table("database")
        for zone in config.zones:
            self._associate(Tier.DATABASE, zone, self.database_route_table)
        self.register_outputs({"vpc_id": self.vpc_id})

    def subnet_ids(self, tier: Tier) -> pulumi.Output[Sequence[str]]:
        """Return the ids of a tier's subnets, one a zone, in the order of the zones."""
        return pulumi.Output.all(*(self.subnet_id(tier, zone) for zone in self.config.zones))

    def subnet_id(self, tier: Tier, zone: str) -> pulumi.Output[str]:
        """Return the id of a tier's subnet in a zone."""
        return self._subnets[tier, zone].id

    def inner_route_tables(self) -> Iterator[tuple[str, aws.ec2.RouteTable]]:
        """Yield the route tables of private and database subnets, each with its purpose."""
        for zone, table in self.private_route_tables.items():
            yield f"{self.config.purpose}-private-{zone_letter(zone)}", table
        yield f"{self.config.purpose}-database", self.database_route_table

    def _subnet(self, plan: SubnetPlan) -> aws.ec2.Subnet:
        purpose = f"{self.config.purpose}-{plan.tier.label}-{zone_letter(plan.zone)}"
        name = self._context.name("subnet", purpose)
        return aws.ec2.Subnet(
            name,
            vpc_id=self.vpc_id,
            cidr_block=str(plan.cidr),
            availability_zone=plan.zone,
            # Nothing but NAT gateways lives in public subnets, and those bring their address.
            map_public_ip_on_launch=False,
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _route_public_subnets(self) -> aws.ec2.InternetGateway:
        name = self._context.name("internet-gateway", self.config.purpose)
        gateway = aws.ec2.InternetGateway(
            name, vpc_id=self.vpc_id, tags=self._context.tags(name), opts=self._child
        )
        table = self._route_table("public")
        aws.ec2.Route(
            self._context.name("route", f"{self.config.purpose}-public-internet"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        for zone in self.config.zones:
            self._associate(Tier.PUBLIC, zone, table)
        return gateway

    def _route_private(self, zone: str) -> aws.ec2.RouteTable:
        table = self._route_table(f"private-{zone_letter(zone)}")
        self._associate(Tier.PRIVATE, zone, table)
        return table

    def _route_table(self, purpose: str) -> aws.ec2.RouteTable:
        name = self._context.name("route-table", f"{self.config.purpose}-{purpose}")
        return aws.ec2.RouteTable(
            name, vpc_id=self.vpc_id, tags=self._context.tags(name), opts=self._child
        )

    def _associate(self, tier: Tier, zone: str, table: aws.ec2.RouteTable) -> None:
        purpose = f"{self.config.purpose}-{tier.label}-{zone_letter(zone)}"
        aws.ec2.RouteTableAssociation(
            self._context.name("route-table-association", purpose),
            subnet_id=self.subnet_id(tier, zone),
            route_table_id=table.id,
            opts=self._child,
        )
