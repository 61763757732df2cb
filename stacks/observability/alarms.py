"""Alarms on the API, the functions, the clusters, replication, validation and the cutover."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context
from shared.contracts import DataOutputs, EdgeOutputs, MigrationOutputs
from stacks.observability.log_metrics import ERRORS
from stacks.observability.metrics import (
    Metric,
    clusters,
    from_log,
    functions,
    of_api,
    of_cluster,
    of_function,
    of_replication,
    of_validation,
    of_workflow,
)
from stacks.observability.settings import ObservabilitySettings

_GIB = 1024**3
_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class Alarm:
    """Rings when the metric is above the threshold in this many periods of a minute in a row."""

    purpose: str
    description: str
    metric: Metric
    threshold: float
    periods: int = 1


def alarms(
    context: Context,
    settings: ObservabilitySettings,
    data: DataOutputs,
    migration: MigrationOutputs,
    edge: EdgeOutputs,
) -> tuple[Alarm, ...]:
    """Return every alarm."""
    return (
        *_api_alarms(context, settings, edge),
        *_function_alarms(settings, edge),
        *_cluster_alarms(settings, data),
        *_replication_alarms(settings, migration),
        *_validation_alarms(context, migration),
        *_cutover_alarms(settings, migration, edge),
    )


def _api_alarms(
    context: Context, settings: ObservabilitySettings, edge: EdgeOutputs
) -> Iterator[Alarm]:
    yield Alarm("api-5xx", "The API answered a server error", of_api(edge, "5XXError", "Sum"), 0)
    yield Alarm(
        "api-latency",
        "One call in a hundred is slow",
        of_api(edge, "Latency", "p99"),
        settings.api_latency_milliseconds,
        periods=3,
    )
    yield Alarm(
        "payment-errors",
        "The payments function logged an error",
        from_log(context, ERRORS, "Sum"),
        0,
    )


def _function_alarms(settings: ObservabilitySettings, edge: EdgeOutputs) -> Iterator[Alarm]:
    for purpose, name in functions(edge).items():
        yield Alarm(
            f"{purpose}-errors",
            f"Invocations of the {purpose} function failed",
            of_function(name, "Errors", "Sum"),
            0,
        )
        yield Alarm(
            f"{purpose}-throttles",
            f"Invocations of the {purpose} function were refused for want of concurrency",
            of_function(name, "Throttles", "Sum"),
            0,
        )
        yield Alarm(
            f"{purpose}-duration",
            f"One invocation of the {purpose} function in a hundred is slow",
            of_function(name, "Duration", "p99"),
            settings.function_duration_milliseconds,
            periods=3,
        )


def _cluster_alarms(settings: ObservabilitySettings, data: DataOutputs) -> Iterator[Alarm]:
    for side, identifier in clusters(data).items():
        yield Alarm(
            f"{side}-cpu",
            f"The {side} cluster's writer is busy",
            of_cluster(identifier, "CPUUtilization", "Average"),
            settings.database_cpu_percent,
            periods=5,
        )
    yield Alarm(
        "source-slot",
        "A replication slot holds back the source's write-ahead log",
        of_cluster(data.source_cluster_identifier, "OldestReplicationSlotLag", "Maximum"),
        settings.replication_slot_gib * _GIB,
        periods=5,
    )


def _replication_alarms(
    settings: ObservabilitySettings, migration: MigrationOutputs
) -> Iterator[Alarm]:
    for side in ("Source", "Target"):
        yield Alarm(
            f"replication-latency-{side.lower()}",
            f"Changes are late, counted to the {side.lower()}",
            of_replication(migration, f"CDCLatency{side}", "Maximum"),
            settings.replication_latency_seconds,
            periods=3,
        )


def _validation_alarms(context: Context, migration: MigrationOutputs) -> Iterator[Alarm]:
    yield Alarm(
        "validation-mismatches",
        "Rows of the two databases differ",
        of_validation(context, "Mismatches", "Sum"),
        0,
    )
    yield Alarm(
        "validation-errors",
        "Invocations of the validation function failed",
        of_function(migration.validation_function_name, "Errors", "Sum"),
        0,
    )


def _cutover_alarms(
    settings: ObservabilitySettings, migration: MigrationOutputs, edge: EdgeOutputs
) -> Iterator[Alarm]:
    # Its name is what the migration layer's rule waits for; it counts only after a cutover.
    yield Alarm(
        "rollback",
        "The API keeps failing: brings the traffic back, if a migration has just moved it",
        of_api(edge, "5XXError", "Sum"),
        settings.rollback_errors,
        periods=2,
    )
    yield Alarm(
        "cutover-errors",
        "Invocations of the cutover function failed",
        of_function(migration.cutover_function_name, "Errors", "Sum"),
        0,
    )
    yield Alarm(
        "rollback-failures",
        "A rollback could not bring the traffic back",
        of_workflow(migration.rollback_state_machine_arn, "ExecutionsFailed"),
        0,
    )


class Alarms(pulumi.ComponentResource):
    """The alarms, which tell a topic when they ring and when they stop."""

    def __init__(
        self,
        context: Context,
        topic_arn: pulumi.Input[str],
        items: Sequence[Alarm],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "payments:observability:Alarms", context.name("alarms", "payments"), None, opts
        )
        for item in items:
            name = context.name("alarm", item.purpose)
            metric = item.metric
            aws.cloudwatch.MetricAlarm(
                name,
                name=name,
                alarm_description=item.description,
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=metric.dimensions,
                statistic=None if metric.is_percentile else metric.statistic,
                extended_statistic=metric.statistic if metric.is_percentile else None,
                comparison_operator="GreaterThanThreshold",
                threshold=item.threshold,
                period=_PERIOD_SECONDS,
                evaluation_periods=item.periods,
                treat_missing_data="notBreaching",
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
                tags=context.tags(name),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
