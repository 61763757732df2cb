"""What each workflow may do: what its definition's tasks call, on what they name.

Describe actions of DMS, and TestConnection, have no resource-level permissions that fit (Service
Authorization Reference, "Actions defined by AWS Database Migration Service").
"""

import pulumi

from shared.components.policies import Statement, allow
from stacks.migration.functions import WORKFLOW_HIERARCHY
from stacks.migration.inputs import put_events
from stacks.migration.workflow_surroundings import (
    CHECKPOINT_PREFIX,
    MIGRATION,
    REPORT_PREFIX,
    ROLLBACK,
    Surroundings,
)

_THRESHOLDS = (
    "poll_seconds",
    "lag_sample_seconds",
    "full_load_timeout_seconds",
    "low_lag_timeout_seconds",
    "approval_timeout_seconds",
    "cutover_attempts",
    "compare_after_cutover",
    "maximum_lag_seconds",
    "lag_samples",
)


def migration_statements(around: Surroundings) -> tuple[Statement, ...]:
    """Return what the migration may do."""
    checkpoints = pulumi.Output.concat(around.inputs.checkpoints.arn, f"/{CHECKPOINT_PREFIX}/*")
    replication, (forward, reverse) = around.replication, around.task_arns
    endpoints = [
        endpoint.endpoint_arn
        for stream in (replication.forward, replication.reverse)
        for endpoint in (stream.source, stream.target)
    ]
    return (
        allow(
            ["ssm:GetParameter", "ssm:GetParameters"],
            [
                around.inputs.data.route_parameter_arn,
                *(_parameter(around, WORKFLOW_HIERARCHY, key) for key in _THRESHOLDS),
                _parameter(around, ROLLBACK, "requested"),
            ],
        ),
        allow(
            ["ssm:PutParameter"],
            [
                _parameter(around, WORKFLOW_HIERARCHY, "rotation_paused"),
                _parameter(around, WORKFLOW_HIERARCHY, "run"),
                _parameter(around, ROLLBACK, "armed"),
            ],
        ),
        allow(["lambda:InvokeFunction"], [around.cutover.arn, around.preflight.arn]),
        allow(
            [
                "dms:DescribeReplicationTasks",
                "dms:DescribeConnections",
                "cloudwatch:GetMetricStatistics",
            ],
            ["*"],
        ),
        allow(["dms:TestConnection"], [replication.instance_arn, *endpoints]),
        allow(["dms:DescribeTableStatistics"], [forward]),
        allow(["dms:StartReplicationTask"], [forward, reverse]),
        allow(["s3:GetObject", "s3:PutObject"], [checkpoints]),
        *_common(around),
        allow(
            ["states:StartExecution"],
            [around.validation_arn, around.machine_arn(ROLLBACK)],
        ),
        allow(
            ["states:ListExecutions"],
            [around.machine_arn(MIGRATION), around.machine_arn(ROLLBACK)],
        ),
        allow(
            ["states:DescribeExecution", "states:StopExecution"],
            [around.executions("validation"), around.executions(ROLLBACK)],
        ),
        # How a nested execution's end is told (Step Functions Developer Guide, "IAM policies for
        # calling Step Functions workflow executions").
        allow(
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [
                around.account.arn(
                    "events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
                )
            ],
        ),
    )


def rollback_statements(around: Surroundings) -> tuple[Statement, ...]:
    """Return what a rollback may do."""
    checkpoints = pulumi.Output.concat(around.inputs.checkpoints.arn, f"/{CHECKPOINT_PREFIX}/*")
    reports = pulumi.Output.concat(around.reports.arn, f"/{REPORT_PREFIX}/*")
    forward, reverse = around.task_arns
    return (
        allow(
            ["ssm:GetParameter", "ssm:GetParameters"],
            [
                around.inputs.data.route_parameter_arn,
                _parameter(around, WORKFLOW_HIERARCHY, "run"),
                _parameter(around, WORKFLOW_HIERARCHY, "cutover_attempts"),
                *(_parameter(around, ROLLBACK, key) for key in ("requested", "reason", "armed")),
            ],
        ),
        allow(
            ["ssm:PutParameter"],
            [
                _parameter(around, WORKFLOW_HIERARCHY, "rotation_paused"),
                *(_parameter(around, ROLLBACK, key) for key in ("requested", "armed")),
            ],
        ),
        allow(["lambda:InvokeFunction"], [around.cutover.arn]),
        allow(["dms:DescribeReplicationTasks"], ["*"]),
        allow(["dms:StartReplicationTask"], [reverse]),
        allow(["dms:StopReplicationTask"], [forward, reverse]),
        allow(["s3:GetObject"], [checkpoints]),
        allow(["s3:PutObject"], [reports]),
        *_common(around),
        allow(
            ["states:ListExecutions"],
            [around.machine_arn(MIGRATION), around.machine_arn(ROLLBACK)],
        ),
        allow(["states:StopExecution"], [around.executions(MIGRATION)]),
    )


def _common(around: Surroundings) -> tuple[Statement, ...]:
    inputs = around.inputs
    return (
        allow(
            ["s3:ListBucket"],
            [inputs.checkpoints.arn],
            # Without a right to list, an object that is not there is refused, not missing. S3
            # evaluates it for GetObject too, which has no prefix.
            condition={"StringLikeIfExists": {"s3:prefix": f"{CHECKPOINT_PREFIX}/*"}},
        ),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], [inputs.data.kms_key_arn]),
        put_events(around.account, inputs),
    )


def _parameter(around: Surroundings, hierarchy: str, key: str) -> str:
    return around.account.arn("ssm", f"parameter{around.context.parameter(hierarchy, key)}")
