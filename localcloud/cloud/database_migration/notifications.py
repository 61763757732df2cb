"""What a task tells others: events on EventBridge and metrics in CloudWatch.

Sources: "Working with Amazon EventBridge events and notifications in AWS DMS" and "Replication
task metrics" in "Monitoring AWS DMS tasks", AWS DMS User Guide.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.events.emission import emit

_DETAIL_TYPE = "DMS Replication Task State Change"


@dataclass(frozen=True)
class TaskEvent:
    """A kind of event: its number, its type, its category."""

    number: str
    name: str
    category: str


CREATED = TaskEvent("DMS-EVENT-0074", "REPLICATION_TASK_CREATED", "Creation")
STARTED = TaskEvent("DMS-EVENT-0069", "REPLICATION_TASK_STARTED", "StateChange")
STOPPED = TaskEvent("DMS-EVENT-0079", "REPLICATION_TASK_STOPPED", "StateChange")
FAILED = TaskEvent("DMS-EVENT-0078", "REPLICATION_TASK_FAILED", "Failure")
DELETED = TaskEvent("DMS-EVENT-0073", "REPLICATION_TASK_DELETED", "Deletion")


@dataclass(frozen=True)
class TaskAddress:
    """Whose task it is: what events and metrics are labelled with."""

    account_id: str
    region: str
    arn: str
    instance: str

    def notify(self, event: TaskEvent, message: str) -> None:
        """Put an event on the default bus, in the background."""
        emit(
            self.account_id,
            self.region,
            source="aws.dms",
            detail_type=_DETAIL_TYPE,
            resources=[self.arn],
            detail={
                "type": "REPLICATION_TASK",
                "category": event.category,
                "eventType": event.name,
                "eventId": event.number,
                "resourceLink": (
                    f"https://console.aws.amazon.com/dms/v2/home?region={self.region}"
                    f"#taskDetails/{self.arn.rsplit(':', 1)[-1]}"
                ),
                "detailMessage": message,
            },
        )

    def measure(self, values: dict[str, float]) -> None:
        """Put metrics in seconds, by name."""
        dimensions = [
            {"Name": "ReplicationInstanceIdentifier", "Value": self.instance},
            {"Name": "ReplicationTaskIdentifier", "Value": self.arn.rsplit(":", 1)[-1]},
        ]
        # moto compares times in UTC that do not say so.
        now = datetime.now(UTC).replace(tzinfo=None)
        with LOCK.holding():
            from moto.cloudwatch.models import cloudwatch_backends

            cloudwatch_backends[self.account_id][self.region].put_metric_data(
                "AWS/DMS",
                [
                    {
                        "MetricName": name,
                        "Value": value,
                        "Unit": "Seconds",
                        "Timestamp": now,
                        "Dimensions": dimensions,
                    }
                    for name, value in values.items()
                ],
            )
