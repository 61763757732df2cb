"""State machines: each with a definition file, a role, a log of its executions, and traces."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.log_group import encrypted_log_group
from shared.components.policies import Statement, allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.context import Context
from stacks.migration.definition import render
from stacks.migration.retries import with_retries

# Neither service supports resource-level permissions for these actions, so AWS requires "*".
# (Step Functions Developer Guide, "Using CloudWatch Logs to log execution history" and "Trace
# Step Functions request data in AWS X-Ray".)
_LOG_DELIVERY = allow(
    [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ],
    ["*"],
)
_TRACING = allow(
    [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ],
    ["*"],
)


@dataclass(frozen=True, kw_only=True)
class StateMachineConfig:
    """One state machine: its definition with the values of its placeholders, and its rights."""

    purpose: str
    definition: Path
    values: Mapping[str, pulumi.Input[str]]
    statements: tuple[Statement, ...]
    key_arn: pulumi.Input[str]
    log_retention_days: int


def state_machine(
    context: Context, account: Account, config: StateMachineConfig, parent: pulumi.Resource
) -> aws.sfn.StateMachine:
    """Create a state machine whose executions are logged and traced, under a component."""
    name = context.name("state-machine", config.purpose)
    # Names under /aws/vendedlogs/ spare the account's one resource policy for log delivery,
    # which is limited in size (Step Functions Developer Guide, the page on logging).
    log_group = encrypted_log_group(
        context,
        f"/aws/vendedlogs/states/{name}",
        key_arn=config.key_arn,
        retention_days=config.log_retention_days,
        parent=parent,
    )
    role = ServiceRole(
        context,
        ServiceRoleConfig(
            purpose=f"{config.purpose}-workflow",
            service="states.amazonaws.com",
            account_id=account.account_id,
            statements=(*config.statements, _LOG_DELIVERY, _TRACING),
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    template = config.definition.read_text()
    return aws.sfn.StateMachine(
        name,
        name=name,
        definition=pulumi.Output.all(**config.values).apply(
            lambda values: with_retries(render(template, values))
        ),
        role_arn=role.arn,
        logging_configuration={
            "level": "ALL",
            "include_execution_data": True,
            "log_destination": pulumi.Output.concat(log_group.arn, ":*"),
        },
        tracing_configuration={"enabled": True},
        tags=context.tags(name),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[role]),
    )
