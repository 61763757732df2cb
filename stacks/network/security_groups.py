"""Security groups of both VPCs: who may talk to whom, on two ports."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from shared.context import Context
from stacks.network.addressing import Tier, tier_block
from stacks.network.vpc import ANYWHERE, Vpc

_POSTGRESQL = 5432
_HTTPS = 443

Peer = aws.ec2.SecurityGroup | IPv4Network


class Member(StrEnum):
    """The groups, by the purpose in their names."""

    SOURCE_DATABASE = "source-database"
    TARGET_DATABASE = "target-database"
    REPLICATION = "replication"
    FUNCTIONS = "functions"
    ENDPOINTS = "endpoints"


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsConfig:
    """The VPC of the source, the functions and the endpoints; the VPC of target and replication."""

    production: Vpc
    migration: Vpc


class SecurityGroups(pulumi.ComponentResource):
    """Five groups. Whatever is not listed in `_allow_traffic` is refused, in both directions.

    Across the VPCs a peer is named by its tier's address block: a security group of another VPC
    cannot be referenced through a Transit Gateway unless both attachments opt in.
    """

    def __init__(
        self,
        context: Context,
        config: SecurityGroupsConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("security-groups", "payments")
        super().__init__("payments:network:SecurityGroups", name, None, opts)
        self._context = context
        self._child = pulumi.ResourceOptions(parent=self)
        production, migration = config.production, config.migration
        self._groups = {
            Member.SOURCE_DATABASE: self._group(
                Member.SOURCE_DATABASE, production, "Source cluster"
            ),
            Member.TARGET_DATABASE: self._group(
                Member.TARGET_DATABASE, migration, "Target cluster"
            ),
            Member.REPLICATION: self._group(Member.REPLICATION, migration, "Replication instance"),
            Member.FUNCTIONS: self._group(Member.FUNCTIONS, production, "Functions"),
            Member.ENDPOINTS: self._group(Member.ENDPOINTS, production, "Interface endpoints"),
        }
        self._allow_traffic(production.config.cidr, migration.config.cidr)
        self.register_outputs({str(member): self.group_id(member) for member in Member})

    def group_id(self, member: Member) -> pulumi.Output[str]:
        """Return the id of a group."""
        return self._groups[member].id

    def _allow_traffic(self, production: IPv4Network, migration: IPv4Network) -> None:
        functions = tier_block(production, Tier.PRIVATE)
        replication = tier_block(migration, Tier.PRIVATE)
        sources = tier_block(production, Tier.DATABASE)
        targets = tier_block(migration, Tier.DATABASE)

        self._accept(Member.SOURCE_DATABASE, "functions", self._groups[Member.FUNCTIONS])
        self._accept(Member.SOURCE_DATABASE, "replication", replication)
        self._accept(Member.TARGET_DATABASE, "functions", functions)
        self._accept(Member.TARGET_DATABASE, "replication", self._groups[Member.REPLICATION])
        self._accept(Member.ENDPOINTS, "functions", self._groups[Member.FUNCTIONS], _HTTPS)

        self._reach(Member.REPLICATION, "source", sources)
        self._reach(Member.REPLICATION, "target", self._groups[Member.TARGET_DATABASE])
        self._reach(Member.FUNCTIONS, "source", self._groups[Member.SOURCE_DATABASE])
        self._reach(Member.FUNCTIONS, "target", targets)
        # AWS's own APIs: addresses of interface endpoints, of S3 behind the gateway endpoint, and
        # public ones behind NAT. What of that exists is decided by the routes, not by this rule.
        self._reach(Member.FUNCTIONS, "aws", IPv4Network(ANYWHERE), _HTTPS)

    def _group(self, member: Member, vpc: Vpc, description: str) -> aws.ec2.SecurityGroup:
        name = self._context.name("security-group", member)
        return aws.ec2.SecurityGroup(
            name,
            name=name,
            description=description,
            vpc_id=vpc.vpc_id,
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _accept(self, member: Member, peer_name: str, peer: Peer, port: int = _POSTGRESQL) -> None:
        name = self._context.name("ingress", f"{member}-from-{peer_name}")
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self.group_id(member),
            description=f"From {peer_name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=_group_id(peer),
            cidr_ipv4=_block(peer),
            tags=self._context.tags(name),
            opts=self._child,
        )

    def _reach(self, member: Member, peer_name: str, peer: Peer, port: int = _POSTGRESQL) -> None:
        name = self._context.name("egress", f"{member}-to-{peer_name}")
        aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=self.group_id(member),
            description=f"To {peer_name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=_group_id(peer),
            cidr_ipv4=_block(peer),
            tags=self._context.tags(name),
            opts=self._child,
        )


def _group_id(peer: Peer) -> pulumi.Output[str] | None:
    return peer.id if isinstance(peer, aws.ec2.SecurityGroup) else None


def _block(peer: Peer) -> str | None:
    return str(peer) if isinstance(peer, IPv4Network) else None
