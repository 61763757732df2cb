"""What the observability layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output
from shared.contracts.data import DataOutputs
from shared.contracts.edge import EdgeOutputs
from shared.contracts.migration import MigrationOutputs

if TYPE_CHECKING:
    from pulumi import Output

_TOPIC = "arn:aws:sns:us-east-1:000000000000:preview"


class ObservabilityOutputs(
    Contract, layer="observability", consumes=(DataOutputs, MigrationOutputs, EdgeOutputs)
):
    """Four topics that people subscribe to, and the dashboard that they open."""

    migration_status_topic_arn: Output[str] = output("Progress of a migration", _TOPIC)
    error_alerts_topic_arn: Output[str] = output("Alarms and failures", _TOPIC)
    validation_alerts_topic_arn: Output[str] = output("Findings of data validation", _TOPIC)
    rollback_alerts_topic_arn: Output[str] = output("Rollbacks started and finished", _TOPIC)
    dashboard_name: Output[str] = output("CloudWatch dashboard", "preview")
