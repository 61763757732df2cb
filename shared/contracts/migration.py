"""What the migration layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output
from shared.contracts.data import DataOutputs
from shared.contracts.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi import Output


class MigrationOutputs(Contract, layer="migration", consumes=(NetworkOutputs, DataOutputs)):
    """Replication both ways, the workflows, data validation, and their buckets."""

    replication_instance_arn: Output[str] = output(
        "DMS replication instance", "arn:aws:dms:us-east-1:000000000000:rep:PREVIEW"
    )
    replication_instance_identifier: Output[str] = output(
        "Identifier of the replication instance, a metric dimension", "preview"
    )
    replication_task_arn: Output[str] = output(
        "DMS full load and CDC task", "arn:aws:dms:us-east-1:000000000000:task:PREVIEW"
    )
    replication_task_identifier: Output[str] = output("Identifier of the task", "preview")
    reverse_replication_task_arn: Output[str] = output(
        "DMS CDC task from the target back to the source",
        "arn:aws:dms:us-east-1:000000000000:task:PREVIEW",
    )
    reverse_replication_task_identifier: Output[str] = output(
        "Identifier of the reverse task", "preview"
    )
    migration_state_machine_arn: Output[str] = output(
        "Step Functions migration workflow",
        "arn:aws:states:us-east-1:000000000000:stateMachine:preview",
    )
    rollback_state_machine_arn: Output[str] = output(
        "Step Functions workflow that leaves the traffic at the source, or moves it back there",
        "arn:aws:states:us-east-1:000000000000:stateMachine:preview",
    )
    cutover_function_name: Output[str] = output(
        "Function that moves the traffic, a metric dimension", "preview"
    )
    cutover_log_group_name: Output[str] = output("Log group of the cutover function", "preview")
    preflight_function_name: Output[str] = output(
        "Function that says what stands in the way of a migration, a metric dimension", "preview"
    )
    preflight_log_group_name: Output[str] = output("Log group of the preflight function", "preview")
    validation_state_machine_arn: Output[str] = output(
        "Step Functions workflow that compares both databases",
        "arn:aws:states:us-east-1:000000000000:stateMachine:preview",
    )
    validation_function_name: Output[str] = output(
        "Function that compares both databases, a metric dimension", "preview"
    )
    validation_log_group_name: Output[str] = output(
        "Log group of the validation function", "preview"
    )
    checkpoints_bucket: Output[str] = output("Versioned bucket of checkpoints", "preview")
    rollback_bucket: Output[str] = output("Versioned bucket of rollback material", "preview")
    dms_logs_bucket: Output[str] = output("Versioned bucket of replication logs", "preview")
    event_source: Output[str] = output(
        "`source` of the events that the workflows put on the default event bus", "preview"
    )
