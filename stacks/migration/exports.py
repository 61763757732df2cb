"""The layer's outputs, as its contract promises them."""

import pulumi

from shared.components.versioned_bucket import VersionedBucket
from shared.contracts import MigrationOutputs
from stacks.migration.inputs import WorkflowInputs
from stacks.migration.replication import Replication
from stacks.migration.validation import Validation
from stacks.migration.workflow import Workflow


def outputs(
    replication: Replication,
    validation: Validation,
    workflow: Workflow,
    inputs: WorkflowInputs,
    *,
    reports: VersionedBucket,
    dms_logs: VersionedBucket,
) -> MigrationOutputs:
    """Return the contract, filled from the components."""
    forward, reverse = replication.forward.task, replication.reverse.task
    return MigrationOutputs(
        replication_instance_arn=replication.instance_arn,
        replication_instance_identifier=replication.instance_identifier,
        replication_task_arn=forward.replication_task_arn,
        replication_task_identifier=forward.replication_task_id,
        reverse_replication_task_arn=reverse.replication_task_arn,
        reverse_replication_task_identifier=reverse.replication_task_id,
        migration_state_machine_arn=workflow.migration_arn,
        rollback_state_machine_arn=workflow.rollback_arn,
        cutover_function_name=workflow.cutover.name,
        cutover_log_group_name=workflow.cutover.log_group_name,
        preflight_function_name=workflow.preflight.name,
        preflight_log_group_name=workflow.preflight.log_group_name,
        validation_state_machine_arn=validation.state_machine_arn,
        validation_function_name=validation.function_name,
        validation_log_group_name=validation.log_group_name,
        checkpoints_bucket=inputs.checkpoints.name,
        rollback_bucket=reports.name,
        dms_logs_bucket=dms_logs.name,
        event_source=pulumi.Output.from_input(inputs.event_source),
    )
