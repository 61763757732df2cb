"""VPC endpoints: ways to AWS's own services that need no internet."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.context import Context
from stacks.network.addressing import Tier
from stacks.network.vpc import Vpc


@dataclass(frozen=True)
class EndpointsConfig:
    """The services reached through interface endpoints, and the groups that guard those."""

    interface_services: tuple[str, ...] = ()
    security_group_ids: tuple[pulumi.Input[str], ...] = ()


class Endpoints(pulumi.ComponentResource):
    """A gateway endpoint for S3, which costs nothing, and interface endpoints as configured."""

    def __init__(
        self,
        context: Context,
        account: Account,
        vpc: Vpc,
        config: EndpointsConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        purpose = vpc.config.purpose
        component_name = context.name("endpoints", purpose)
        super().__init__("payments:network:Endpoints", component_name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        name = context.name("endpoint", f"{purpose}-s3")
        aws.ec2.VpcEndpoint(
            name,
            vpc_id=vpc.vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{account.region}.s3",
            route_table_ids=[table.id for _, table in vpc.inner_route_tables()],
            tags=context.tags(name),
            opts=child,
        )
        for service in config.interface_services:
            name = context.name("endpoint", f"{purpose}-{service}")
            aws.ec2.VpcEndpoint(
                name,
                vpc_id=vpc.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{account.region}.{service}",
                subnet_ids=vpc.subnet_ids(Tier.PRIVATE),
                security_group_ids=config.security_group_ids,
                private_dns_enabled=True,
                tags=context.tags(name),
                opts=child,
            )
        self.register_outputs({})
