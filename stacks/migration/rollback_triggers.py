"""What starts a rollback beside a migration's failure and an operator.

Patterns: Amazon EventBridge User Guide, "Amazon EventBridge event patterns". Events: Systems
Manager User Guide, "Reference: Amazon EventBridge event patterns and types for Systems Manager";
Amazon CloudWatch User Guide, "Alarm events and EventBridge"; Step Functions Developer Guide,
"Automating Step Functions event delivery with EventBridge".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.policies import allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.context import Context

ALARM_PURPOSE = "rollback"
"""The alarm of the observability layer that starts a rollback, by the purpose in its name."""

FLAG = "requested"
_OWN_FAILURES = ("Migration.Failed", "Migration.RolledBack")
"""Ends of a migration after which nothing has to be rolled back any more."""


@dataclass(frozen=True)
class Trigger:
    """Events that match the pattern start a rollback with `trigger` and this reason.

    `paths` names values of the event that the reason quotes as ``<name>``.
    """

    purpose: str
    trigger: str
    description: str
    pattern: Mapping[str, Any]
    paths: Mapping[str, str]
    reason: str


def triggers(context: Context, migration_arn: pulumi.Input[str]) -> tuple[Trigger, ...]:
    """Return every trigger."""
    ended = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
    }
    return (
        Trigger(
            "rollback-flag",
            "flag",
            "Somebody changed the flag that asks for a rollback",
            {
                "source": ["aws.ssm"],
                "detail-type": ["Parameter Store Change"],
                "detail": {"name": [context.parameter("rollback", FLAG)], "operation": ["Update"]},
            },
            {},
            "",
        ),
        Trigger(
            "rollback-alarm",
            "alarm",
            "The rollback alarm rings",
            {
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "detail": {
                    "alarmName": [context.name("alarm", ALARM_PURPOSE)],
                    "state": {"value": ["ALARM"]},
                },
            },
            {"name": "$.detail.alarmName", "why": "$.detail.state.reason"},
            "<name>: <why>",
        ),
        Trigger(
            "migration-timed-out",
            "workflow",
            "A migration ran out of time as a whole",
            {**ended, "detail": {"status": ["TIMED_OUT"], "stateMachineArn": [migration_arn]}},
            {"execution": "$.detail.name"},
            "Migration <execution> ran out of time",
        ),
        Trigger(
            "migration-broke-off",
            "workflow",
            "A migration failed where it could not catch it: in an expression of its definition",
            {
                **ended,
                "detail": {
                    "status": ["FAILED"],
                    "stateMachineArn": [migration_arn],
                    "error": [{"anything-but": list(_OWN_FAILURES)}],
                },
            },
            {"execution": "$.detail.name", "error": "$.detail.error"},
            "Migration <execution> broke off: <error>",
        ),
    )


class RollbackTriggers(pulumi.ComponentResource):
    """A rule on the default bus for each trigger, with the rollback workflow as its target."""

    def __init__(
        self,
        context: Context,
        account: Account,
        *,
        migration_arn: pulumi.Input[str],
        rollback_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("triggers", "rollback")
        super().__init__("payments:migration:RollbackTriggers", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = ServiceRole(
            context,
            ServiceRoleConfig(
                purpose="rollback-triggers",
                service="events.amazonaws.com",
                account_id=account.account_id,
                statements=(allow(["states:StartExecution"], [rollback_arn]),),
            ),
            opts=child,
        )
        for trigger in triggers(context, migration_arn):
            _rule(context, trigger, role, rollback_arn, child)
        self.register_outputs({})


def _rule(
    context: Context,
    trigger: Trigger,
    role: ServiceRole,
    rollback_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    rule_name = context.name("event-rule", trigger.purpose)
    rule = aws.cloudwatch.EventRule(
        rule_name,
        name=rule_name,
        description=trigger.description,
        event_pattern=pulumi.Output.json_dumps(dict(trigger.pattern)),
        tags=context.tags(rule_name),
        opts=opts,
    )
    target_name = context.name("event-target", trigger.purpose)
    aws.cloudwatch.EventTarget(
        target_name,
        rule=rule.name,
        target_id=target_name,
        arn=rollback_arn,
        role_arn=role.arn,
        input_transformer={
            "input_paths": dict(trigger.paths),
            "input_template": (f'{{"trigger": "{trigger.trigger}", "reason": "{trigger.reason}"}}'),
        },
        opts=opts,
    )
