"""Metrics of a preflight, in CloudWatch's embedded metric format: one line of the log a call.

Sources: Amazon CloudWatch User Guide, "Specification: Embedded metric format"; Powertools for AWS
Lambda (Python), "Metrics".
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Payments/Migration"
ENVIRONMENT = "Environment"
PHASE = "Phase"
BLOCKING_FINDINGS = "BlockingFindings"
WARNINGS = "Warnings"


def emit(environment: str, service: str, phase: str, answer: Mapping[str, Any]) -> None:
    """Write the numbers of blocking findings and warnings to the log, by environment and phase."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    metrics.add_dimension(ENVIRONMENT, environment)
    metrics.add_dimension(PHASE, phase)
    metrics.add_metric(BLOCKING_FINDINGS, MetricUnit.Count, answer["blocking"])
    metrics.add_metric(WARNINGS, MetricUnit.Count, answer["warnings"])
    metrics.flush_metrics()
