"""Metrics that alarms watch and the dashboard shows, named once.

Sources: the metric tables of the API Gateway, Lambda, Aurora, AWS DMS and Step Functions guides;
Amazon CloudWatch User Guide, "Use search expressions in graphs".
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


@dataclass(frozen=True)
class Search:
    """The metrics that an expression finds when the graph is drawn. No alarm can watch one."""

    expression: str


# What functions/data_validation/metrics.py writes; a test compares the two.
VALIDATION_NAMESPACE = "Payments/Validation"
_VALIDATION_SERVICE = "data-validation"


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


def of_workflow(state_machine_arn: pulumi.Input[str], name: str) -> Metric:
    """Return a count of a workflow."""
    return Metric("AWS/States", name, "Sum", {"StateMachineArn": state_machine_arn})


def of_validation(context: Context, name: str, statistic: str) -> Metric:
    """Return a metric of data validation over all tables."""
    dimensions = {"service": _VALIDATION_SERVICE, "Environment": context.environment}
    return Metric(VALIDATION_NAMESPACE, name, statistic, dimensions)


def of_validated_tables(context: Context, name: str, statistic: str) -> Search:
    """Return a metric of data validation for each table that has it."""
    return Search(
        f"SEARCH('{{{VALIDATION_NAMESPACE},Environment,Table,service}}"
        f' MetricName="{name}" Environment="{context.environment}"\', \'{statistic}\', 60)'
    )


def functions(edge: EdgeOutputs) -> dict[str, pulumi.Output[str]]:
    """Return the names of the functions that serve clients, by purpose."""
    return {
        "payments": edge.payments_function_name,
        "authorizer": edge.authorizer_function_name,
    }


def workflows(migration: MigrationOutputs) -> dict[str, pulumi.Output[str]]:
    """Return the ARNs of the state machines, by purpose."""
    return {
        "migration": migration.migration_state_machine_arn,
        "rollback": migration.rollback_state_machine_arn,
        "validation": migration.validation_state_machine_arn,
    }


def clusters(data: DataOutputs) -> dict[str, pulumi.Output[str]]:
    """Return the identifiers of the clusters, by side."""
    return {"source": data.source_cluster_identifier, "target": data.target_cluster_identifier}
