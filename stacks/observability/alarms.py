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
        *(Alarm(*failure, threshold=0) for failure in _failures(context, migration, edge)),
        *_limits(settings, data, migration, edge),
    )


def _failures(
    context: Context, migration: MigrationOutputs, edge: EdgeOutputs
) -> Iterator[tuple[str, str, Metric]]:
    """Yield what rings when it happens once: purpose, description, and what counts it."""
    serving = functions(edge)
    invoked = {
        **serving,
        "validation": migration.validation_function_name,
        "cutover": migration.cutover_function_name,
    }
    for purpose, name in invoked.items():
        failed = f"Invocations of the {purpose} function failed"
        yield f"{purpose}-errors", failed, of_function(name, "Errors", "Sum")
    for purpose, name in serving.items():
        refused = f"Invocations of the {purpose} function were refused for want of concurrency"
        yield f"{purpose}-throttles", refused, of_function(name, "Throttles", "Sum")
    logged = from_log(context, ERRORS, "Sum")
    differing = of_validation(context, "Mismatches", "Sum")
    gave_up = of_workflow(migration.rollback_state_machine_arn, "ExecutionsFailed")
    yield "api-5xx", "The API answered a server error", of_api(edge, "5XXError", "Sum")
    yield "payment-errors", "The payments function logged an error", logged
    yield "validation-mismatches", "Rows of the two databases differ", differing
    yield "rollback-failures", "A rollback could not bring the traffic back", gave_up


def _limits(
    settings: ObservabilitySettings,
    data: DataOutputs,
    migration: MigrationOutputs,
    edge: EdgeOutputs,
) -> Iterator[Alarm]:
    """Yield what rings when it stays above a limit."""
    yield from _slowness(settings, migration, edge)
    yield from _load(settings, data)
    # Its name is what the migration layer's rule waits for; it counts only after a cutover.
    yield Alarm(
        "rollback",
        "The API keeps failing: brings the traffic back, if a migration has just moved it",
        of_api(edge, "5XXError", "Sum"),
        settings.rollback_errors,
        periods=2,
    )


def _slowness(
    settings: ObservabilitySettings, migration: MigrationOutputs, edge: EdgeOutputs
) -> Iterator[Alarm]:
    limit = settings.api_latency_milliseconds
    slow = of_api(edge, "Latency", "p99")
    yield Alarm("api-latency", "One call in a hundred is slow", slow, limit, periods=3)
    limit = settings.function_duration_milliseconds
    for purpose, name in functions(edge).items():
        what = f"One invocation of the {purpose} function in a hundred is slow"
        slow = of_function(name, "Duration", "p99")
        yield Alarm(f"{purpose}-duration", what, slow, limit, periods=3)
    limit = settings.replication_latency_seconds
    for side in ("Source", "Target"):
        purpose = f"replication-latency-{side.lower()}"
        what = f"Changes are late, counted to the {side.lower()}"
        slow = of_replication(migration, f"CDCLatency{side}", "Maximum")
        yield Alarm(purpose, what, slow, limit, periods=3)


def _load(settings: ObservabilitySettings, data: DataOutputs) -> Iterator[Alarm]:
    for side, identifier in clusters(data).items():
        busy = of_cluster(identifier, "CPUUtilization", "Average")
        what = f"The {side} cluster's writer is busy"
        yield Alarm(f"{side}-cpu", what, busy, settings.database_cpu_percent, periods=5)
    lag = of_cluster(data.source_cluster_identifier, "OldestReplicationSlotLag", "Maximum")
    what = "A replication slot holds back the source's write-ahead log"
    yield Alarm("source-slot", what, lag, settings.replication_slot_gib * _GIB, periods=5)


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
