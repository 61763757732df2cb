"""The Transit Gateway that joins both VPCs."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context
from stacks.network.addressing import Tier
from stacks.network.vpc import Vpc


@dataclass(frozen=True)
class TransitConfig:
    """The two VPCs that reach each other."""

    first: Vpc
    second: Vpc


class Transit(pulumi.ComponentResource):
    """A Transit Gateway with one route table of its own.

    Default association and propagation are off: a VPC that someone attaches later reaches
    nothing until this layer says so.
    """

    transit_gateway_id: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        config: TransitConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("transit-gateway", "payments")
        super().__init__("payments:network:Transit", name, None, opts)
        self._context = context
        self._child = pulumi.ResourceOptions(parent=self)
        gateway = aws.ec2transitgateway.TransitGateway(
            name,
            description="Joins the production and the migration VPC",
            default_route_table_association="disable",
            default_route_table_propagation="disable",
            auto_accept_shared_attachments="disable",
            dns_support="enable",
            tags=context.tags(name),
            opts=self._child,
        )
        self.transit_gateway_id = gateway.id
        table_name = context.name("transit-route-table", "payments")
        table = aws.ec2transitgateway.RouteTable(
            table_name,
            transit_gateway_id=gateway.id,
            tags=context.tags(table_name),
            opts=self._child,
        )
        first = self._attach(config.first, table)
        second = self._attach(config.second, table)
        self._route(config.first, config.second, first)
        self._route(config.second, config.first, second)
        self.register_outputs({"transit_gateway_id": self.transit_gateway_id})

    def _attach(
        self, vpc: Vpc, table: aws.ec2transitgateway.RouteTable
    ) -> aws.ec2transitgateway.VpcAttachment:
        """Attach a VPC; its range becomes known to the gateway's route table by propagation."""
        purpose = vpc.config.purpose
        name = self._context.name("transit-attachment", purpose)
        attachment = aws.ec2transitgateway.VpcAttachment(
            name,
            transit_gateway_id=self.transit_gateway_id,
            vpc_id=vpc.vpc_id,
            subnet_ids=vpc.subnet_ids(Tier.PRIVATE),
            tags=self._context.tags(name),
            opts=self._child,
        )
        aws.ec2transitgateway.RouteTableAssociation(
            self._context.name("transit-association", purpose),
            transit_gateway_attachment_id=attachment.id,
            transit_gateway_route_table_id=table.id,
            opts=self._child,
        )
        aws.ec2transitgateway.RouteTablePropagation(
            self._context.name("transit-propagation", purpose),
            transit_gateway_attachment_id=attachment.id,
            transit_gateway_route_table_id=table.id,
            opts=self._child,
        )
        return attachment

    def _route(
        self, origin: Vpc, destination: Vpc, attachment: aws.ec2transitgateway.VpcAttachment
    ) -> None:
        for purpose, table in origin.inner_route_tables():
            aws.ec2.Route(
                self._context.name("route", f"{purpose}-to-{destination.config.purpose}"),
                route_table_id=table.id,
                destination_cidr_block=str(destination.config.cidr),
                transit_gateway_id=self.transit_gateway_id,
                # A route through a gateway that the VPC is not attached to yet is refused.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[attachment]),
            )
