"""What the migration layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output, placeholder_arn
from shared.contracts.data import DataOutputs
from shared.contracts.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi import Output


class MigrationOutputs(Contract, layer="migration", consumes=(NetworkOutputs, DataOutputs)):
    """Replication both ways, the workflows, data validation, and their buckets."""

    replication_instance_arn: Output[str] = output(
        "DMS replication instance", placeholder_arn("dms", "rep:PLACEHOLDER")
    )
    replication_instance_identifier: Output[str] = output(
        "Identifier of the replication instance, a metric dimension", "placeholder"
    )
    replication_task_arn: Output[str] = output(
        "DMS full load and CDC task", placeholder_arn("dms", "task:PLACEHOLDER")
    )
    replication_task_identifier: Output[str] = output("Identifier of the task", "placeholder")
    reverse_replication_task_arn: Output[str] = output(
        "DMS CDC task from the target back to the source",
        placeholder_arn("dms", "task:PLACEHOLDERREVERSE"),
    )
    reverse_replication_task_identifier: Output[str] = output(
        "Identifier of the reverse task", "placeholder-reverse"
    )
    migration_state_machine_arn: Output[str] = output(
        "Step Functions migration workflow",
        placeholder_arn("states", "stateMachine:placeholder-migration"),
    )
    rollback_state_machine_arn: Output[str] = output(
        "Step Functions workflow that leaves the traffic at the source, or moves it back there",
        placeholder_arn("states", "stateMachine:placeholder-rollback"),
    )
    cutover_function_name: Output[str] = output(
        "Function that moves the traffic, a metric dimension", "placeholder-cutover"
    )
    cutover_log_group_name: Output[str] = output(
        "Log group of the cutover function", "placeholder-cutover"
    )
    preflight_function_name: Output[str] = output(
        "Function that says what stands in the way of a migration, a metric dimension",
        "placeholder-preflight",
    )
    preflight_log_group_name: Output[str] = output(
        "Log group of the preflight function", "placeholder-preflight"
    )
    validation_state_machine_arn: Output[str] = output(
        "Step Functions workflow that compares both databases",
        placeholder_arn("states", "stateMachine:placeholder-validation"),
    )
    validation_function_name: Output[str] = output(
        "Function that compares both databases, a metric dimension", "placeholder-validation"
    )
    validation_log_group_name: Output[str] = output(
        "Log group of the validation function", "placeholder-validation"
    )
    checkpoints_bucket: Output[str] = output(
        "Versioned bucket of checkpoints", "placeholder-checkpoints"
    )
    rollback_bucket: Output[str] = output(
        "Versioned bucket of rollback material", "placeholder-rollback"
    )
    dms_logs_bucket: Output[str] = output(
        "Versioned bucket of replication logs", "placeholder-dms-logs"
    )
    event_source: Output[str] = output(
        "`source` of the events that the workflows put on the default event bus", "placeholder"
    )
