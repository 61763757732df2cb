"""One dashboard: what clients see, then the functions, the clusters, migration and validation.

Body: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.context import Context
from shared.contracts import DataOutputs, EdgeOutputs, MigrationOutputs
from stacks.observability.log_metrics import DURATION, ERRORS, REROUTED
from stacks.observability.metrics import (
    Metric,
    Search,
    clusters,
    from_log,
    functions,
    of_api,
    of_cluster,
    of_function,
    of_replication,
    of_validated_tables,
    of_validation,
    of_workflow,
    workflows,
)

_GRID_COLUMNS = 24
_WIDGETS_PER_ROW = 3
_WIDTH = _GRID_COLUMNS // _WIDGETS_PER_ROW
_HEIGHT = 6


@dataclass(frozen=True)
class Panel:
    """One graph: a title and its lines."""

    title: str
    lines: tuple[Metric | Search, ...]


def panels(
    context: Context, data: DataOutputs, migration: MigrationOutputs, edge: EdgeOutputs
) -> tuple[Panel, ...]:
    """Return the graphs in reading order, three a row."""
    names = functions(edge).values()
    sides = clusters(data).values()
    return (
        Panel("API: calls and errors", _several(edge, ("Count", "4XXError", "5XXError"))),
        Panel(
            "API: latency (ms)",
            (of_api(edge, "Latency", "p50"), of_api(edge, "Latency", "p99")),
        ),
        Panel(
            "Payments: duration (ms)",
            (from_log(context, DURATION, "p50"), from_log(context, DURATION, "p99")),
        ),
        Panel(
            "Payments: errors and changes of side",
            (from_log(context, ERRORS, "Sum"), from_log(context, REROUTED, "Sum")),
        ),
        Panel(
            "Functions: errors and throttles",
            tuple(
                of_function(name, metric, "Sum")
                for name in names
                for metric in ("Errors", "Throttles")
            ),
        ),
        Panel(
            "Functions: duration, p99 (ms)",
            tuple(of_function(name, "Duration", "p99") for name in names),
        ),
        Panel(
            "Aurora: CPU (%)",
            tuple(of_cluster(side, "CPUUtilization", "Average") for side in sides),
        ),
        Panel(
            "Aurora: connections",
            tuple(of_cluster(side, "DatabaseConnections", "Average") for side in sides),
        ),
        Panel(
            "Replication: latency (s)",
            tuple(
                of_replication(migration, metric, "Maximum")
                for metric in ("CDCLatencySource", "CDCLatencyTarget")
            ),
        ),
        Panel(
            "Workflows: executions",
            tuple(
                of_workflow(arn, metric)
                for arn in workflows(migration).values()
                for metric in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
            ),
        ),
        *_validation_panels(context),
    )


def _validation_panels(context: Context) -> tuple[Panel, ...]:
    return (
        Panel(
            "Validation: rows compared a second",
            (of_validated_tables(context, "RowsPerSecond", "Average"),),
        ),
        Panel(
            "Validation: rows that differ, or are not verified",
            (
                of_validated_tables(context, "Mismatches", "Sum"),
                of_validated_tables(context, "Unverified", "Sum"),
            ),
        ),
        Panel(
            "Validation: lag of the target (s)",
            (of_validation(context, "ReplicationLagSeconds", "Maximum"),),
        ),
    )


def dashboard_body(region: str, items: tuple[Panel, ...]) -> dict[str, Any]:
    """Return the dashboard's body, with the panels laid out row by row."""
    return {
        "widgets": [
            {
                "type": "metric",
                "x": index % _WIDGETS_PER_ROW * _WIDTH,
                "y": index // _WIDGETS_PER_ROW * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {
                    "title": panel.title,
                    "region": region,
                    "view": "timeSeries",
                    "period": 60,
                    "metrics": [_line(metric) for metric in panel.lines],
                },
            }
            for index, panel in enumerate(items)
        ]
    }


class Dashboard(pulumi.ComponentResource):
    """The dashboard that people open."""

    name: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        region: str,
        items: tuple[Panel, ...],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("dashboard", "payments")
        super().__init__("payments:observability:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=name,
            dashboard_body=pulumi.Output.json_dumps(dashboard_body(region, items)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = dashboard.dashboard_name
        self.register_outputs({"name": self.name})


def _several(edge: EdgeOutputs, names: tuple[str, ...]) -> tuple[Metric, ...]:
    return tuple(of_api(edge, name, "Sum") for name in names)


def _line(metric: Metric | Search) -> list[Any]:
    if isinstance(metric, Search):
        return [{"expression": metric.expression}]
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic}]
