"""Which event goes to which topic. Producers know nothing of topics; this table does.

Patterns: Amazon EventBridge User Guide, "Amazon EventBridge event patterns". Native events: AWS
DMS User Guide, "Working with Amazon EventBridge events and notifications in AWS DMS"; Step
Functions Developer Guide, "Automating Step Functions event delivery with EventBridge"; Amazon
Aurora User Guide, "Monitoring Amazon Aurora events".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.context import Context
from shared.contracts import DataOutputs, MigrationOutputs
from stacks.observability.metrics import workflows
from stacks.observability.topics import Subject, Topics


@dataclass(frozen=True)
class EventRoute:
    """Events that match the pattern are published to the subject's topic."""

    purpose: str
    subject: Subject
    description: str
    pattern: Mapping[str, Any]


def event_routes(data: DataOutputs, migration: MigrationOutputs) -> tuple[EventRoute, ...]:
    """Return every route, for the events of these layers."""
    own = {"source": [migration.event_source]}
    replication = {
        "source": ["aws.dms"],
        "detail-type": ["DMS Replication Task State Change"],
        "resources": [
            migration.replication_task_arn,
            migration.reverse_replication_task_arn,
        ],
    }
    return (
        EventRoute(
            "migration-progress",
            Subject.MIGRATION_STATUS,
            "What the migration workflow says of itself",
            {**own, "detail-type": [{"prefix": "Migration "}]},
        ),
        EventRoute(
            "replication-state",
            Subject.MIGRATION_STATUS,
            "Every change of a replication task's state",
            replication,
        ),
        EventRoute(
            "migration-failure",
            Subject.ERROR_ALERTS,
            "The migration workflow gave up",
            {**own, "detail-type": ["Migration Failed"]},
        ),
        EventRoute(
            "validation-failure",
            Subject.ERROR_ALERTS,
            "A validation could not be made",
            {**own, "detail-type": ["Validation Failed"]},
        ),
        EventRoute(
            "workflow-failure",
            Subject.ERROR_ALERTS,
            "An execution of a workflow ended badly",
            {
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": list(workflows(migration).values()),
                },
            },
        ),
        EventRoute(
            "replication-failure",
            Subject.ERROR_ALERTS,
            "A replication task failed",
            {**replication, "detail": {"category": ["Failure"]}},
        ),
        EventRoute(
            "cluster-failure",
            Subject.ERROR_ALERTS,
            "Failures and failovers of either cluster",
            {
                "source": ["aws.rds"],
                "detail-type": ["RDS DB Cluster Event"],
                "detail": {
                    "SourceIdentifier": [
                        data.source_cluster_identifier,
                        data.target_cluster_identifier,
                    ],
                    "EventCategories": ["failure", "failover"],
                },
            },
        ),
        EventRoute(
            "validation-finding",
            Subject.VALIDATION_ALERTS,
            "Validations started, what they find, and their verdict",
            {**own, "detail-type": [{"prefix": "Validation "}]},
        ),
        EventRoute(
            "rollback-progress",
            Subject.ROLLBACK_ALERTS,
            "Rollbacks started, finished and failed",
            {**own, "detail-type": [{"prefix": "Rollback "}]},
        ),
    )


def rule_name(context: Context, route: EventRoute) -> str:
    """Return the name of the rule that a route becomes."""
    return context.name("event-rule", route.purpose)


def rules_by_subject(
    context: Context, routes: tuple[EventRoute, ...]
) -> dict[Subject, tuple[str, ...]]:
    """Return the names of the rules that publish to each topic."""
    return {
        subject: tuple(rule_name(context, route) for route in routes if route.subject is subject)
        for subject in Subject
    }


class EventRouting(pulumi.ComponentResource):
    """One rule on the default event bus for each route, with the route's topic as target."""

    def __init__(
        self,
        context: Context,
        topics: Topics,
        routes: tuple[EventRoute, ...],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "payments:observability:EventRouting", context.name("routing", "events"), None, opts
        )
        child = pulumi.ResourceOptions(parent=self)
        for route in routes:
            name = rule_name(context, route)
            rule = aws.cloudwatch.EventRule(
                name,
                name=name,
                description=route.description,
                event_pattern=pulumi.Output.json_dumps(dict(route.pattern)),
                tags=context.tags(name),
                opts=child,
            )
            target = context.name("event-target", route.purpose)
            aws.cloudwatch.EventTarget(
                target,
                rule=rule.name,
                target_id=target,
                arn=topics.arn(route.subject),
                opts=child,
            )
        self.register_outputs({})
