"""What tasks tell others: events on EventBridge, metrics in CloudWatch."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.localcloud.cloud.database_migration.support import Pair
from tests.localcloud.conftest import eventually

pytestmark = pytest.mark.postgres


def test_every_transition_is_an_event_and_latencies_are_metrics(pair: Pair) -> None:
    sqs, events = pair.client("sqs"), pair.client("events")
    queue = sqs.create_queue(QueueName=pair.name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_rule(
        Name=pair.name,
        EventPattern=json.dumps(
            {"source": ["aws.dms"], "detail-type": ["DMS Replication Task State Change"]}
        ),
    )
    target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
    events.put_targets(Rule=pair.name, Targets=[target])
    pair.execute("CREATE TABLE item (id int PRIMARY KEY)")
    task = pair.create_task()
    pair.run(task)
    for side in (pair.target, pair.source):
        side.execute("INSERT INTO item VALUES (1)")
    pair.await_status(task, "failed")
    pair.delete(task)
    received: dict[str, Any] = {}

    def all_arrived() -> bool:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in found.get("Messages", []):
            event = json.loads(message["Body"])
            if event["resources"] == [task]:
                received[event["detail"]["eventType"]] = event["detail"]
        return {each.rsplit("_", 1)[-1] for each in received} >= {
            "CREATED",
            "STARTED",
            "FAILED",
            "DELETED",
        }

    eventually(all_arrived, 20)
    started = received["REPLICATION_TASK_STARTED"]
    assert (started["eventId"], started["category"]) == ("DMS-EVENT-0069", "StateChange")
    assert started["detailMessage"] == "Replication task started, with flag, fresh start"
    failed = received["REPLICATION_TASK_FAILED"]
    assert failed["category"] == "Failure"
    assert failed["detailMessage"].startswith("Last Error  ")
    events.remove_targets(Rule=pair.name, Ids=["queue"])
    events.delete_rule(Name=pair.name)
    _assert_metrics(pair, task)


def _assert_metrics(pair: Pair, task: str) -> None:
    instance = pair.dms.describe_replication_instances(
        Filters=[{"Name": "replication-instance-arn", "Values": [pair.instance]}]
    )["ReplicationInstances"][0]["ReplicationInstanceIdentifier"]
    now = datetime.now(UTC)
    for name in ("CDCLatencySource", "CDCLatencyTarget"):
        (point,) = pair.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DMS",
            MetricName=name,
            Dimensions=[
                {"Name": "ReplicationInstanceIdentifier", "Value": instance},
                {"Name": "ReplicationTaskIdentifier", "Value": task.rsplit(":", 1)[-1]},
            ],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=10),
            Period=3600,
            Statistics=["Maximum"],
            Unit="Seconds",
        )["Datapoints"][:1]
        assert 0 <= point["Maximum"] < 60
