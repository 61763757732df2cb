"""How far replication is: tables and rows from DMS, latency from CloudWatch.

Sources: AWS DMS API Reference, "DescribeTableStatistics"; AWS DMS User Guide, "Monitoring AWS DMS
tasks" (CDCLatencyTarget is in seconds, and identified by the last part of the task's ARN).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from migration.access import Access
from shared.naming import resource_name

LOADED = "Table completed"
_WINDOW = timedelta(minutes=5)
_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class TableProgress:
    """One table, as DMS counts it: rows of the full load, then changes."""

    table: str
    state: str
    full_load_rows: int
    inserts: int
    updates: int
    deletes: int

    @property
    def rows(self) -> int:
        """Rows and changes that have been carried over."""
        return self.full_load_rows + self.inserts + self.updates + self.deletes


@dataclass(frozen=True)
class Progress:
    """All tables of the task, and the latency in seconds where it has been measured."""

    tables: tuple[TableProgress, ...]
    lag_seconds: float | None

    @property
    def rows(self) -> int:
        """Rows and changes of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def loaded(self) -> int:
        """Tables whose full load has ended."""
        return sum(table.state == LOADED for table in self.tables)


class Replication:
    """The environment's forward replication task."""

    def __init__(self, access: Access) -> None:
        """Read through `access`; nothing is called before `progress`."""
        self._task = resource_name("replication-task", "payments", access.environment)
        self._instance = resource_name("replication-instance", "payments", access.environment)
        self._migration_service = access.connect("dms")
        self._metrics = access.connect("cloudwatch")
        self._arn: str | None = None

    def progress(self) -> Progress | None:
        """Return how far it is; None when there is no task, or it has never been started."""
        if self._arn is None:
            self._arn = self._find()
        if self._arn is None:
            return None
        answer = self._migration_service.describe_table_statistics(ReplicationTaskArn=self._arn)
        tables = tuple(
            _table(each)
            for each in sorted(
                answer["TableStatistics"], key=lambda each: (each["SchemaName"], each["TableName"])
            )
        )
        return Progress(tables, self._lag(self._arn)) if tables else None

    def _find(self) -> str | None:
        chosen = [{"Name": "replication-task-id", "Values": [self._task]}]
        try:
            found = self._migration_service.describe_replication_tasks(
                Filters=chosen, WithoutSettings=True
            )
        except ClientError as error:
            if error.response["Error"]["Code"].startswith("ResourceNotFound"):
                return None
            raise
        tasks = found["ReplicationTasks"]
        return str(tasks[0]["ReplicationTaskArn"]) if tasks else None

    def _lag(self, arn: str) -> float | None:
        now = datetime.now(UTC)
        dimensions = {
            "ReplicationInstanceIdentifier": self._instance,
            "ReplicationTaskIdentifier": arn.rsplit(":", 1)[-1],
        }
        answer = self._metrics.get_metric_statistics(
            Namespace="AWS/DMS",
            MetricName="CDCLatencyTarget",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - _WINDOW,
            EndTime=now + timedelta(seconds=_PERIOD_SECONDS),
            Period=_PERIOD_SECONDS,
            Statistics=["Maximum"],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1]["Maximum"]) if points else None


def _table(statistics: Mapping[str, Any]) -> TableProgress:
    return TableProgress(
        table=f"{statistics['SchemaName']}.{statistics['TableName']}",
        state=statistics.get("TableState", ""),
        full_load_rows=statistics.get("FullLoadRows", 0),
        inserts=statistics.get("Inserts", 0),
        updates=statistics.get("Updates", 0),
        deletes=statistics.get("Deletes", 0),
    )
