"""Metrics of a validation, in CloudWatch's embedded metric format: one line of the log a call.

Every metric has two sets of dimensions: for each table, which dashboards show, and for the whole
environment, which alarms can watch without knowing the tables. Values are of one invocation, so
they add up over a run.

Sources: Amazon CloudWatch User Guide, "Specification: Embedded metric format"; Powertools for AWS
Lambda (Python), "Metrics".
"""

from dataclasses import dataclass

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from functions.data_validation.cursor import Totals

NAMESPACE = "Payments/Validation"
ENVIRONMENT = "Environment"
TABLE = "Table"

ROWS_COMPARED = "RowsCompared"
MISMATCHES = "Mismatches"
UNVERIFIED = "Unverified"
ROWS_PER_SECOND = "RowsPerSecond"
LAG_BYTES = "ReplicationLagBytes"
LAG_SECONDS = "ReplicationLagSeconds"


@dataclass(frozen=True)
class Work:
    """What one invocation did to one table: counters before and after, and how late replication is.

    Lags are None where the replication does not tell.
    """

    table: str
    before: Totals
    after: Totals
    lag_bytes: int | None = None
    lag_seconds: float | None = None

    @property
    def rows(self) -> int:
        """Rows compared: those of the side that had more of them."""
        return max(
            self.after.source_rows - self.before.source_rows,
            self.after.target_rows - self.before.target_rows,
        )

    @property
    def mismatches(self) -> int:
        """Rows found to differ for good."""
        return _mismatches(self.after) - _mismatches(self.before)


def emit(environment: str, service: str, work: Work) -> None:
    """Write the metrics of an invocation to the log."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    metrics.add_dimension(ENVIRONMENT, environment)
    metrics.add_dimensions(**{"service": service, ENVIRONMENT: environment, TABLE: work.table})
    metrics.add_metric(ROWS_COMPARED, MetricUnit.Count, work.rows)
    metrics.add_metric(MISMATCHES, MetricUnit.Count, work.mismatches)
    unverified = work.after.unverified - work.before.unverified
    metrics.add_metric(UNVERIFIED, MetricUnit.Count, unverified)
    seconds = work.after.seconds - work.before.seconds
    if seconds > 0:
        metrics.add_metric(ROWS_PER_SECOND, MetricUnit.CountPerSecond, work.rows / seconds)
    if work.lag_bytes is not None:
        metrics.add_metric(LAG_BYTES, MetricUnit.Bytes, work.lag_bytes)
    if work.lag_seconds is not None:
        metrics.add_metric(LAG_SECONDS, MetricUnit.Seconds, work.lag_seconds)
    metrics.flush_metrics()


def _mismatches(totals: Totals) -> int:
    return totals.missing + totals.extra + totals.different
