"""The migration workflow: a state machine, its role and its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.log_group import encrypted_log_group
from shared.components.policies import Statement, allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.components.versioned_bucket import VersionedBucket
from shared.context import Context
from shared.contracts import DataOutputs
from stacks.migration.definition import render

DEFINITION = Path(__file__).parent / "migration.asl.json"
CHECKPOINT_PREFIX = "migration"

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
class WorkflowConfig:
    """What the workflow reads and writes. `event_source` is the `source` of its events."""

    data: DataOutputs
    replication_task_arn: pulumi.Input[str]
    checkpoints: VersionedBucket
    event_source: str
    log_retention_days: int


class Workflow(pulumi.ComponentResource):
    """The state machine that `migration.asl.json` defines."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        account: Account,
        config: WorkflowConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("state-machine", "migration")
        super().__init__("payments:migration:Workflow", name, None, opts)
        # Names under /aws/vendedlogs/ spare the account's one resource policy for log delivery,
        # which is limited in size (Step Functions Developer Guide, the page on logging).
        log_group = encrypted_log_group(
            context,
            f"/aws/vendedlogs/states/{name}",
            key_arn=config.data.kms_key_arn,
            retention_days=config.log_retention_days,
            parent=self,
        )
        role = ServiceRole(
            context,
            ServiceRoleConfig(
                purpose="migration-workflow",
                service="states.amazonaws.com",
                account_id=account.account_id,
                statements=_statements(account, config),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        template = DEFINITION.read_text()
        machine = aws.sfn.StateMachine(
            name,
            name=name,
            definition=pulumi.Output.all(**_values(account, config)).apply(
                lambda values: render(template, values)
            ),
            role_arn=role.arn,
            logging_configuration={
                "level": "ALL",
                "include_execution_data": True,
                "log_destination": pulumi.Output.concat(log_group.arn, ":*"),
            },
            tracing_configuration={"enabled": True},
            tags=context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.arn = machine.arn
        self.register_outputs({"arn": self.arn})


def _values(account: Account, config: WorkflowConfig) -> Mapping[str, pulumi.Input[str]]:
    return {
        "Partition": account.partition,
        "RouteParameterName": config.data.route_parameter_name,
        "ReplicationTaskArn": config.replication_task_arn,
        "CheckpointsBucket": config.checkpoints.name,
        "CheckpointPrefix": CHECKPOINT_PREFIX,
        "EventSource": config.event_source,
    }


def _statements(account: Account, config: WorkflowConfig) -> tuple[Statement, ...]:
    return (
        allow(["ssm:GetParameter"], [config.data.route_parameter_arn]),
        # Describe actions of DMS have no resource-level permissions (Service Authorization
        # Reference, "Actions defined by AWS Database Migration Service").
        allow(["dms:DescribeReplicationTasks"], ["*"]),
        allow(
            ["s3:PutObject"],
            [pulumi.Output.concat(config.checkpoints.arn, f"/{CHECKPOINT_PREFIX}/*")],
        ),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], [config.data.kms_key_arn]),
        allow(
            ["events:PutEvents"],
            [account.arn("events", "event-bus/default")],
            condition={"StringEquals": {"events:source": config.event_source}},
        ),
        _LOG_DELIVERY,
        _TRACING,
    )
