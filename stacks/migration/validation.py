"""Data validation: the function that compares, its state machine, and what operators may set."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from shared.components.account import Account
from shared.components.function import Function, FunctionConfig, FunctionNetwork
from shared.components.parameter_hierarchy import ParameterHierarchy, ParameterHierarchyConfig
from shared.components.policies import Statement, allow
from shared.context import Context
from shared.naming import PRODUCT
from stacks.migration.inputs import WorkflowInputs, both_databases, put_events, read_logins
from stacks.migration.settings import MigrationSettings
from stacks.migration.state_machine import StateMachineConfig, state_machine

DEFINITION = Path(__file__).parent / "validation.asl.json"
CHECKPOINT_PREFIX = "validation"
HIERARCHY = "validation"
ITEMS = "items.json"


class Validation(pulumi.ComponentResource):
    """The state machine that `validation.asl.json` defines, and the function that it calls."""

    state_machine_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        account: Account,
        inputs: WorkflowInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("state-machine", "validation")
        super().__init__("payments:migration:Validation", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        parameters = ParameterHierarchyConfig(HIERARCHY, _parameters(inputs.settings))
        ParameterHierarchy(context, parameters, opts=child)
        function = Function(
            context, account, _function_config(context, account, inputs), opts=child
        )
        machine_config = StateMachineConfig(
            purpose="validation",
            definition=DEFINITION,
            values={
                "Partition": account.partition,
                "FunctionArn": function.arn,
                "CheckpointsBucket": inputs.checkpoints.name,
                "EventSource": inputs.event_source,
            },
            statements=_workflow_statements(account, inputs, name, function),
            key_arn=inputs.data.kms_key_arn,
            log_retention_days=inputs.settings.log_retention_days,
        )
        machine = state_machine(context, account, machine_config, parent=self)
        self.state_machine_arn = machine.arn
        self.function_name = function.name
        self.log_group_name = function.log_group_name
        self.register_outputs({"state_machine_arn": self.state_machine_arn})


def _parameters(settings: MigrationSettings) -> Mapping[str, pulumi.Input[str]]:
    """Return the defaults of a run, which its input can override."""
    return {
        "concurrency": str(settings.validation_concurrency),
        "rows_per_item": str(settings.validation_rows_per_item),
        "max_rate": str(settings.validation_max_rate),
        "recheck_seconds": str(settings.validation_recheck_seconds),
        "replication": settings.validation_replication,
    }


def _function_config(context: Context, account: Account, inputs: WorkflowInputs) -> FunctionConfig:
    settings, network, data = inputs.settings, inputs.network, inputs.data
    return FunctionConfig(
        package="data_validation",
        description="Compares both databases by content, in steps that can be resumed",
        memory_size=settings.validation_memory_size,
        timeout=settings.validation_timeout,
        key_arn=data.kms_key_arn,
        log_retention_days=settings.log_retention_days,
        environment={
            "ENVIRONMENT": context.environment,
            **both_databases(inputs),
            "CHECKPOINTS_BUCKET": inputs.checkpoints.name,
            "CHECKPOINT_PREFIX": CHECKPOINT_PREFIX,
            "PARAMETER_PATH": f"/{PRODUCT}/{context.environment}/{HIERARCHY}",
            "EVENT_SOURCE": inputs.event_source,
        },
        statements=_function_statements(context, account, inputs),
        network=FunctionNetwork(
            subnet_ids=network.production_private_subnet_ids,
            security_group_id=network.function_security_group_id,
        ),
    )


def _function_statements(
    context: Context, account: Account, inputs: WorkflowInputs
) -> tuple[Statement, ...]:
    data, bucket = inputs.data, inputs.checkpoints
    parameters = f"parameter/{PRODUCT}/{context.environment}/{HIERARCHY}"
    return (
        # The master users, because every table has to be read whoever owns it, and the state of
        # subscriptions too. Every session is read-only from its start.
        read_logins(inputs),
        allow(
            ["ssm:GetParametersByPath"],
            [account.arn("ssm", parameters), account.arn("ssm", f"{parameters}/*")],
        ),
        allow(
            ["s3:GetObject", "s3:PutObject"],
            [pulumi.Output.concat(bucket.arn, f"/{CHECKPOINT_PREFIX}/*")],
        ),
        # Without it a checkpoint that is not there yet is refused, not missing. S3 evaluates it
        # for GetObject without a prefix, hence the condition for requests that have one.
        allow(
            ["s3:ListBucket"],
            [bucket.arn],
            condition={"StringLikeIfExists": {"s3:prefix": f"{CHECKPOINT_PREFIX}/*"}},
        ),
        allow(["kms:GenerateDataKey"], [data.kms_key_arn]),
        put_events(account, inputs),
    )


def _workflow_statements(
    account: Account, inputs: WorkflowInputs, name: str, function: Function
) -> tuple[Statement, ...]:
    # The three actions on the state machine and its executions are what a distributed map needs
    # to run its items as executions of their own (Step Functions Developer Guide, "IAM policies
    # for using Distributed Map states").
    executions = [
        account.arn("states", f"execution:{name}:*"),
        account.arn("states", f"execution:{name}/*"),
    ]
    return (
        allow(["lambda:InvokeFunction"], [function.arn]),
        allow(
            ["s3:GetObject"],
            [pulumi.Output.concat(inputs.checkpoints.arn, f"/{CHECKPOINT_PREFIX}/*/{ITEMS}")],
        ),
        allow(["kms:Decrypt"], [inputs.data.kms_key_arn]),
        allow(["states:StartExecution"], [account.arn("states", f"stateMachine:{name}")]),
        allow(["states:DescribeExecution", "states:StopExecution"], executions),
        put_events(account, inputs),
    )
