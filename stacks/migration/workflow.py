"""The migration workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from shared.components.account import Account
from shared.components.policies import Statement, allow
from shared.context import Context
from stacks.migration.inputs import WorkflowInputs
from stacks.migration.state_machine import StateMachineConfig, state_machine

DEFINITION = Path(__file__).parent / "migration.asl.json"
CHECKPOINT_PREFIX = "migration"


@dataclass(frozen=True)
class WorkflowConfig:
    """What the workflow reads and writes."""

    inputs: WorkflowInputs
    replication_task_arn: pulumi.Input[str]


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
        machine_config = StateMachineConfig(
            purpose="migration",
            definition=DEFINITION,
            values=_values(account, config),
            statements=_statements(account, config),
            key_arn=config.inputs.data.kms_key_arn,
            log_retention_days=config.inputs.settings.log_retention_days,
        )
        self.arn = state_machine(context, account, machine_config, parent=self).arn
        self.register_outputs({"arn": self.arn})


def _values(account: Account, config: WorkflowConfig) -> Mapping[str, pulumi.Input[str]]:
    return {
        "Partition": account.partition,
        "RouteParameterName": config.inputs.data.route_parameter_name,
        "ReplicationTaskArn": config.replication_task_arn,
        "CheckpointsBucket": config.inputs.checkpoints.name,
        "CheckpointPrefix": CHECKPOINT_PREFIX,
        "EventSource": config.inputs.event_source,
    }


def _statements(account: Account, config: WorkflowConfig) -> tuple[Statement, ...]:
    inputs = config.inputs
    return (
        allow(["ssm:GetParameter"], [inputs.data.route_parameter_arn]),
        # Describe actions of DMS have no resource-level permissions (Service Authorization
        # Reference, "Actions defined by AWS Database Migration Service").
        allow(["dms:DescribeReplicationTasks"], ["*"]),
        allow(
            ["s3:PutObject"],
            [pulumi.Output.concat(inputs.checkpoints.arn, f"/{CHECKPOINT_PREFIX}/*")],
        ),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], [inputs.data.kms_key_arn]),
        allow(
            ["events:PutEvents"],
            [account.arn("events", "event-bus/default")],
            condition={"StringEquals": {"events:source": inputs.event_source}},
        ),
    )
