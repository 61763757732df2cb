"""Metrics that alarms watch and the dashboard shows, named once.

Sources: the metric tables of the API Gateway, Lambda, Aurora, AWS DMS and Step Functions guides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from shared.context import Context
from shared.contracts import DataOutputs, EdgeOutputs, MigrationOutputs
from shared.naming import PRODUCT


@dataclass(frozen=True)
class Metric:
    """One metric of one resource. `statistic` is CloudWatch's name, or a percentile."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, pulumi.Input[str]]

    @property
    def is_percentile(self) -> bool:
        """Whether the statistic is a percentile, which CloudWatch calls extended."""
        return self.statistic.startswith("p")


def log_namespace(context: Context) -> str:
    """Return the namespace of the metrics taken from the payments function's log."""
    return f"{PRODUCT}/{context.environment}"


def from_log(context: Context, name: str, statistic: str) -> Metric:
    """Return a metric taken from the payments function's log."""
    return Metric(log_namespace(context), name, statistic, {})


def of_api(edge: EdgeOutputs, name: str, statistic: str) -> Metric:
    """Return a metric of the API's stage."""
    dimensions = {"ApiName": edge.api_name, "Stage": edge.stage_name}
    return Metric("AWS/ApiGateway", name, statistic, dimensions)


def of_function(function_name: pulumi.Input[str], name: str, statistic: str) -> Metric:
    """Return a metric of a function."""
    return Metric("AWS/Lambda", name, statistic, {"FunctionName": function_name})


def of_cluster(identifier: pulumi.Input[str], name: str, statistic: str) -> Metric:
    """Return a metric of a cluster's writer."""
    dimensions = {"DBClusterIdentifier": identifier, "Role": "WRITER"}
    return Metric("AWS/RDS", name, statistic, dimensions)


def of_replication(migration: MigrationOutputs, name: str, statistic: str) -> Metric:
    """Return a metric of the replication task.

    DMS identifies the task in metrics by the last part of its ARN, not by its identifier.
    """
    return Metric(
        "AWS/DMS",
        name,
        statistic,
        {
            "ReplicationInstanceIdentifier": migration.replication_instance_identifier,
            "ReplicationTaskIdentifier": migration.replication_task_arn.apply(
                lambda arn: arn.rsplit(":", 1)[-1]
            ),
        },
    )


def of_workflow(migration: MigrationOutputs, name: str) -> Metric:
    """Return a count of the migration workflow."""
    dimensions = {"StateMachineArn": migration.migration_state_machine_arn}
    return Metric("AWS/States", name, "Sum", dimensions)


def functions(edge: EdgeOutputs) -> dict[str, pulumi.Output[str]]:
    """Return the names of the functions, by purpose."""
    return {
        "payments": edge.payments_function_name,
        "authorizer": edge.authorizer_function_name,
    }


def clusters(data: DataOutputs) -> dict[str, pulumi.Output[str]]:
    """Return the identifiers of the clusters, by side."""
    return {"source": data.source_cluster_identifier, "target": data.target_cluster_identifier}
