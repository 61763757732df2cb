"""What the observability layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output, placeholder_arn
from shared.contracts.data import DataOutputs
from shared.contracts.edge import EdgeOutputs
from shared.contracts.migration import MigrationOutputs

if TYPE_CHECKING:
    from pulumi import Output


class ObservabilityOutputs(
    Contract, layer="observability", consumes=(DataOutputs, MigrationOutputs, EdgeOutputs)
):
    """Four topics that people subscribe to, and the dashboard that they open."""

    migration_status_topic_arn: Output[str] = output(
        "Progress of a migration", placeholder_arn("sns", "placeholder-migration-status")
    )
    error_alerts_topic_arn: Output[str] = output(
        "Alarms and failures", placeholder_arn("sns", "placeholder-error-alerts")
    )
    validation_alerts_topic_arn: Output[str] = output(
        "Findings of data validation", placeholder_arn("sns", "placeholder-validation-alerts")
    )
    rollback_alerts_topic_arn: Output[str] = output(
        "Rollbacks started and finished", placeholder_arn("sns", "placeholder-rollback-alerts")
    )
    dashboard_name: Output[str] = output("CloudWatch dashboard", "placeholder")
