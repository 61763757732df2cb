"""The migration layer: replication, data validation, the workflows and their buckets."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

from shared import references
from shared.components.account import Account
from shared.components.parameter_hierarchy import ParameterHierarchy
from shared.components.versioned_bucket import VersionedBucket, VersionedBucketConfig
from shared.context import Context
from shared.contracts import DataOutputs, NetworkOutputs
from stacks.migration.exports import outputs
from stacks.migration.inputs import WorkflowInputs
from stacks.migration.parameters import rollback_parameters, workflow_parameters
from stacks.migration.replication import Replication, replication_config
from stacks.migration.rollback_triggers import RollbackTriggers
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
validation = Validation(context, account, inputs)
config = WorkflowConfig(inputs, replication, validation.state_machine_arn, rollback)
workflow = Workflow(context, account, config)
RollbackTriggers(
    context,
    account,
    migration_arn=workflow.migration_arn,
    rollback_arn=workflow.rollback_arn,
)
ParameterHierarchy(context, workflow_parameters(settings))
ParameterHierarchy(context, rollback_parameters(rollback, checkpoints))

references.export(
    outputs(replication, validation, workflow, inputs, reports=rollback, dms_logs=dms_logs)
)
