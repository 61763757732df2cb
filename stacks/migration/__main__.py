"""The migration layer: replication, the workflow, data validation and the buckets."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

import pulumi

from shared import references
from shared.components.account import Account
from shared.components.parameter_hierarchy import ParameterHierarchy, ParameterHierarchyConfig
from shared.components.versioned_bucket import VersionedBucket, VersionedBucketConfig
from shared.context import Context
from shared.contracts import DataOutputs, MigrationOutputs, NetworkOutputs
from stacks.migration.inputs import WorkflowInputs
from stacks.migration.replication import Replication, replication_config
from stacks.migration.settings import MigrationSettings
from stacks.migration.validation import Validation
from stacks.migration.workflow import Workflow, WorkflowConfig

context = Context.current()
account = Account.current()
settings = MigrationSettings.read()
network = references.require(NetworkOutputs)
data = references.require(DataOutputs)
event_source = f"payments.migration.{context.environment}"

replication = Replication(context, replication_config(context, settings, network, data))
days = settings.old_version_days
checkpoints, rollback, dms_logs = (
    VersionedBucket(context, account, VersionedBucketConfig(purpose, data.kms_key_arn, days))
    for purpose in ("checkpoints", "rollback", "dms-logs")
)
inputs = WorkflowInputs(settings, network, data, checkpoints, event_source)
workflow = Workflow(context, account, WorkflowConfig(inputs, replication.task_arn))
validation = Validation(context, account, inputs)
buckets = {"bucket": rollback.name, "checkpoints_bucket": checkpoints.name}
ParameterHierarchy(context, ParameterHierarchyConfig("rollback", buckets))

references.export(
    MigrationOutputs(
        replication_instance_arn=replication.instance_arn,
        replication_instance_identifier=replication.instance_identifier,
        replication_task_arn=replication.task_arn,
        replication_task_identifier=replication.task_identifier,
        migration_state_machine_arn=workflow.arn,
        validation_state_machine_arn=validation.state_machine_arn,
        validation_function_name=validation.function_name,
        validation_log_group_name=validation.log_group_name,
        checkpoints_bucket=checkpoints.name,
        rollback_bucket=rollback.name,
        dms_logs_bucket=dms_logs.name,
        event_source=pulumi.Output.from_input(event_source),
    )
)
