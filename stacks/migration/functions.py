"""The two functions that the workflows call for what only SQL can tell or do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from shared.components.account import Account
from shared.components.function import Function, FunctionConfig, FunctionNetwork
from shared.components.policies import Statement, allow
from shared.context import Context
from shared.contracts import DataOutputs
from shared.naming import PRODUCT
from stacks.migration.inputs import SCHEMA, WorkflowInputs, both_databases, read_logins

WORKFLOW_HIERARCHY = "workflow"

_MEMORY_MIB = 1769
"""A whole processor (Lambda Developer Guide, "Configure Lambda function memory")."""


def workflow_parameters(context: Context) -> str:
    """Return the path of the parameters that workflows and functions read at each decision."""
    return f"/{PRODUCT}/{context.environment}/{WORKFLOW_HIERARCHY}"


@dataclass(frozen=True, kw_only=True)
class DatabaseFunction:
    """A function that works on both clusters; `timeout` in seconds."""

    package: str
    description: str
    timeout: int
    environment: Mapping[str, pulumi.Input[str]]
    statements: tuple[Statement, ...]


def cutover(data: DataOutputs) -> DatabaseFunction:
    """Return the one function that may change the route."""
    return DatabaseFunction(
        package="cutover",
        description="Moves the traffic between the clusters within a deadline, or undoes it",
        timeout=300,
        environment={"ROUTE_PARAMETER_NAME": data.route_parameter_name},
        statements=(allow(["ssm:GetParameter", "ssm:PutParameter"], [data.route_parameter_arn]),),
    )


def preflight(task_arn: pulumi.Input[str]) -> DatabaseFunction:
    """Return the function that says what stands in the way of a load or of a cutover."""
    return DatabaseFunction(
        package="preflight",
        description="Finds what would lose data or stop a migration, with the SQL that mends it",
        timeout=900,
        environment={"REPLICATION_TASK_ARN": task_arn},
        # Describe actions of DMS have no resource-level permissions (Service Authorization
        # Reference, "Actions defined by AWS Database Migration Service").
        statements=(allow(["dms:DescribeReplicationTasks", "dms:DescribeEndpoints"], ["*"]),),
    )


def database_function(
    context: Context,
    account: Account,
    inputs: WorkflowInputs,
    wanted: DatabaseFunction,
    opts: pulumi.ResourceOptions,
) -> Function:
    """Create the function, with what it needs to log in to both clusters."""
    data, network = inputs.data, inputs.network
    config = FunctionConfig(
        package=wanted.package,
        description=wanted.description,
        memory_size=_MEMORY_MIB,
        timeout=wanted.timeout,
        key_arn=data.kms_key_arn,
        log_retention_days=inputs.settings.log_retention_days,
        environment={
            "ENVIRONMENT": context.environment,
            "SCHEMA": SCHEMA,
            "WORKFLOW_PARAMETER_PATH": workflow_parameters(context),
            **both_databases(inputs),
            **wanted.environment,
        },
        statements=(*_statements(context, account, inputs), *wanted.statements),
        network=FunctionNetwork(
            subnet_ids=network.production_private_subnet_ids,
            security_group_id=network.function_security_group_id,
        ),
    )
    return Function(context, account, config, opts=opts)


def _statements(
    context: Context, account: Account, inputs: WorkflowInputs
) -> tuple[Statement, ...]:
    path = f"parameter{workflow_parameters(context)}"
    return (
        # The master users: fences and grants are the owner's to make, and catalogues and
        # subscriptions have to be read whoever owns them.
        read_logins(inputs),
        allow(
            ["ssm:GetParametersByPath"], [account.arn("ssm", path), account.arn("ssm", f"{path}/*")]
        ),
    )
