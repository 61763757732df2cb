"""A record of all traffic in the VPCs, accepted and refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.encryption_key import EncryptionKey, EncryptionKeyConfig, used_by_logs
from shared.components.log_group import encrypted_log_group
from shared.components.policies import allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.context import Context
from stacks.network.vpc import Vpc


@dataclass(frozen=True)
class FlowLogsConfig:
    """How long the record is kept, in days."""

    retention_days: int


class FlowLogs(pulumi.ComponentResource):
    """Flow logs of the VPCs in one log group.

    The network layer comes before the payments key exists, so the log has a key of its own.
    """

    def __init__(
        self,
        context: Context,
        account: Account,
        vpcs: Sequence[Vpc],
        config: FlowLogsConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        group_name = context.name("flow-logs", "network")
        super().__init__("payments:network:FlowLogs", group_name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = EncryptionKey(
            context,
            account,
            EncryptionKeyConfig(
                purpose="flow-logs",
                description="Encrypts the VPC flow logs",
                services=(used_by_logs(account),),
            ),
            opts=child,
        )
        log_group = encrypted_log_group(
            context,
            f"/aws/vpc/{group_name}",
            key_arn=key.arn,
            retention_days=config.retention_days,
            parent=self,
        )
        role = ServiceRole(
            context,
            ServiceRoleConfig(
                purpose="flow-logs",
                service="vpc-flow-logs.amazonaws.com",
                account_id=account.account_id,
                statements=(
                    allow(
                        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                        [account.arn("logs", f"log-group:/aws/vpc/{group_name}:*")],
                    ),
                ),
            ),
            opts=child,
        )
        for vpc in vpcs:
            name = context.name("flow-log", vpc.config.purpose)
            aws.ec2.FlowLog(
                name,
                vpc_id=vpc.vpc_id,
                traffic_type="ALL",
                log_destination_type="cloud-watch-logs",
                log_destination=log_group.arn,
                iam_role_arn=role.arn,
                max_aggregation_interval=60,
                tags=context.tags(name),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
            )
        self.register_outputs({})
