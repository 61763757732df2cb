"""Which event goes to which topic. Producers know nothing of topics; this table does.

Patterns: Amazon EventBridge User Guide, "Amazon EventBridge event patterns". Native events: AWS
DMS User Guide, "Working with Amazon EventBridge events and notifications in AWS DMS"; Step
Functions Developer Guide, "Automating Step Functions event delivery with EventBridge"; Amazon
Aurora User Guide, "Monitoring Amazon Aurora events".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.context import Context
from shared.contracts import DataOutputs, MigrationOutputs
from stacks.observability.metrics import clusters, workflows
from stacks.observability.topics import Subject, Topics

Pattern = Mapping[str, Any]


@dataclass(frozen=True)
class EventRoute:
    """Events that match the pattern are published to the subject's topic."""

    purpose: str
    subject: Subject
    description: str
    pattern: Pattern


def event_routes(data: DataOutputs, migration: MigrationOutputs) -> tuple[EventRoute, ...]:
    """Return every route, for the events of these layers."""
    return (
        *_progress(migration),
        *_own_failures(migration),
        *_service_failures(data, migration),
    )


def _progress(migration: MigrationOutputs) -> Iterator[EventRoute]:
    """Yield the routes of what goes well or badly, for those who follow it."""
    yield EventRoute(
        "migration-progress",
        Subject.MIGRATION_STATUS,
        "What the migration workflow says of itself",
        _own_events(migration, {"prefix": "Migration "}),
    )
    yield EventRoute(
        "replication-state",
        Subject.MIGRATION_STATUS,
        "Every change of a replication task's state",
        _replication_events(migration),
    )
    yield EventRoute(
        "validation-finding",
        Subject.VALIDATION_ALERTS,
        "Validations started, what they find, and their verdict",
        _own_events(migration, {"prefix": "Validation "}),
    )
    yield EventRoute(
        "rollback-progress",
        Subject.ROLLBACK_ALERTS,
        "Rollbacks started, finished and failed",
        _own_events(migration, {"prefix": "Rollback "}),
    )


def _own_failures(migration: MigrationOutputs) -> Iterator[EventRoute]:
    """Yield the routes of failures that the migration layer tells of itself."""
    for purpose, description, detail_type in (
        ("migration-failure", "The migration workflow gave up", "Migration Failed"),
        ("validation-failure", "A validation could not be made", "Validation Failed"),
    ):
        pattern = _own_events(migration, detail_type)
        yield EventRoute(purpose, Subject.ERROR_ALERTS, description, pattern)


def _service_failures(data: DataOutputs, migration: MigrationOutputs) -> Iterator[EventRoute]:
    """Yield the routes of failures that AWS's services tell."""
    executions = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": list(workflows(migration).values()),
        },
    }
    replication = {**_replication_events(migration), "detail": {"category": ["Failure"]}}
    databases = {
        "source": ["aws.rds"],
        "detail-type": ["RDS DB Cluster Event"],
        "detail": {
            "SourceIdentifier": list(clusters(data).values()),
            "EventCategories": ["failure", "failover"],
        },
    }
    for purpose, description, pattern in (
        ("workflow-failure", "An execution of a workflow ended badly", executions),
        ("replication-failure", "A replication task failed", replication),
        ("cluster-failure", "Failures and failovers of either cluster", databases),
    ):
        yield EventRoute(purpose, Subject.ERROR_ALERTS, description, pattern)


def _own_events(migration: MigrationOutputs, detail_type: str | Mapping[str, str]) -> Pattern:
    """Return the pattern of events that the migration layer publishes, by their detail type."""
    return {"source": [migration.event_source], "detail-type": [detail_type]}


def _replication_events(migration: MigrationOutputs) -> Pattern:
    return {
        "source": ["aws.dms"],
        "detail-type": ["DMS Replication Task State Change"],
        "resources": [migration.replication_task_arn, migration.reverse_replication_task_arn],
    }


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
