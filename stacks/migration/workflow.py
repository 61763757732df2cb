"""The two workflows: the migration, and the rollback that it starts when it fails."""

from dataclasses import dataclass

import pulumi

from shared.components.account import Account
from shared.components.function import Function
from shared.components.policies import Statement
from shared.components.versioned_bucket import VersionedBucket
from shared.context import Context
from stacks.migration import functions
from stacks.migration.inputs import WorkflowInputs
from stacks.migration.replication import Replication
from stacks.migration.state_machine import StateMachineConfig, state_machine
from stacks.migration.workflow_policies import migration_statements, rollback_statements
from stacks.migration.workflow_surroundings import (
    DEFINITIONS,
    MIGRATION,
    ROLLBACK,
    Surroundings,
)


@dataclass(frozen=True)
class WorkflowConfig:
    """What the workflows read, write and call."""

    inputs: WorkflowInputs
    replication: Replication
    validation_arn: pulumi.Input[str]
    reports: VersionedBucket


class Workflow(pulumi.ComponentResource):
    """The state machines of `migration.asl.json` and `rollback.asl.json`, and their functions."""

    migration_arn: pulumi.Output[str]
    rollback_arn: pulumi.Output[str]
    cutover: Function
    preflight: Function

    def __init__(
        self,
        context: Context,
        account: Account,
        config: WorkflowConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "payments:migration:Workflow", context.name("state-machine", MIGRATION), None, opts
        )
        child = pulumi.ResourceOptions(parent=self)
        task_arn = config.replication.forward.task.replication_task_arn
        wanted = functions.cutover(config.inputs.data), functions.preflight(task_arn)
        self.cutover, self.preflight = (
            functions.database_function(context, account, config.inputs, each, child)
            for each in wanted
        )
        around = Surroundings(
            context=context,
            account=account,
            inputs=config.inputs,
            replication=config.replication,
            validation_arn=config.validation_arn,
            reports=config.reports,
            cutover=self.cutover,
            preflight=self.preflight,
        )
        self.rollback_arn = self._machine(around, ROLLBACK, rollback_statements(around))
        self.migration_arn = self._machine(around, MIGRATION, migration_statements(around))
        self.register_outputs(
            {"migration_arn": self.migration_arn, "rollback_arn": self.rollback_arn}
        )

    def _machine(
        self, around: Surroundings, purpose: str, statements: tuple[Statement, ...]
    ) -> pulumi.Output[str]:
        config = StateMachineConfig(
            purpose=purpose,
            definition=DEFINITIONS[purpose],
            values=around.values(purpose),
            statements=statements,
            key_arn=around.inputs.data.kms_key_arn,
            log_retention_days=around.inputs.settings.log_retention_days,
        )
        return state_machine(around.context, around.account, config, parent=self).arn
