"""What the two workflows read, write and call: the values of their definitions' placeholders."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from shared.components.account import Account
from shared.components.function import Function
from shared.components.versioned_bucket import VersionedBucket
from shared.context import Context
from shared.naming import PRODUCT
from stacks.migration.functions import workflow_parameters
from stacks.migration.inputs import SCHEMA, WorkflowInputs
from stacks.migration.replication import Replication

MIGRATION, ROLLBACK = "migration", "rollback"
DEFINITIONS = {
    purpose: Path(__file__).parent / f"{purpose}.asl.json" for purpose in (MIGRATION, ROLLBACK)
}
CHECKPOINT_PREFIX = "migration"
REPORT_PREFIX = "rollback"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The resources around both workflows."""

    context: Context
    account: Account
    inputs: WorkflowInputs
    replication: Replication
    validation_arn: pulumi.Input[str]
    reports: VersionedBucket
    cutover: Function
    preflight: Function

    def machine_name(self, purpose: str) -> str:
        """Return the name of a workflow's state machine."""
        return self.context.name("state-machine", purpose)

    def machine_arn(self, purpose: str) -> str:
        """Return a workflow's ARN from its name: each of the two knows the other."""
        return self.account.arn("states", f"stateMachine:{self.machine_name(purpose)}")

    def executions(self, purpose: str) -> str:
        """Return the ARN of all executions of a workflow, for policies."""
        return self.account.arn("states", f"execution:{self.machine_name(purpose)}:*")

    @property
    def rollback_parameters(self) -> str:
        """The path of the flags of rollbacks."""
        return f"/{PRODUCT}/{self.context.environment}/{ROLLBACK}"

    @property
    def task_arns(self) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Both replication tasks: forward, reverse."""
        streams = self.replication.forward, self.replication.reverse
        return streams[0].task.replication_task_arn, streams[1].task.replication_task_arn

    def values(self, purpose: str) -> Mapping[str, pulumi.Input[str]]:
        """Return the values of the placeholders in a workflow's definition."""
        forward, reverse = self.task_arns
        common: dict[str, pulumi.Input[str]] = {
            "Partition": self.account.partition,
            "RouteParameterName": self.inputs.data.route_parameter_name,
            "WorkflowParameters": workflow_parameters(self.context),
            "RollbackParameters": self.rollback_parameters,
            "ReplicationTaskArn": forward,
            "ReverseReplicationTaskArn": reverse,
            "CutoverFunctionArn": self.cutover.arn,
            "CheckpointsBucket": self.inputs.checkpoints.name,
            "CheckpointPrefix": CHECKPOINT_PREFIX,
            "EventSource": self.inputs.event_source,
        }
        own = self._of_migration() if purpose == MIGRATION else self._of_rollback()
        return {**common, **own}

    def _of_migration(self) -> Mapping[str, pulumi.Input[str]]:
        replication = self.replication
        return {
            "Schema": SCHEMA,
            "PreflightFunctionArn": self.preflight.arn,
            "ValidationStateMachineArn": self.validation_arn,
            "RollbackStateMachineArn": self.machine_arn(ROLLBACK),
            "ReplicationInstanceArn": replication.instance_arn,
            "ReplicationInstanceIdentifier": replication.instance_identifier,
            "SourceEndpointArn": replication.forward.source.endpoint_arn,
            "TargetEndpointArn": replication.forward.target.endpoint_arn,
            "ReverseSourceEndpointArn": replication.reverse.source.endpoint_arn,
            "ReverseTargetEndpointArn": replication.reverse.target.endpoint_arn,
        }

    def _of_rollback(self) -> Mapping[str, pulumi.Input[str]]:
        return {
            "MigrationStateMachineArn": self.machine_arn(MIGRATION),
            "RollbackBucket": self.reports.name,
            "ReportPrefix": REPORT_PREFIX,
        }
