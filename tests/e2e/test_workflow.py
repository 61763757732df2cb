"""The deployed workflow runs, and its events reach the topics."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from tooling.checkout import Checkout

Clients = Callable[[str], Any]
PATIENCE_SECONDS = 60


def _eventually(look: Callable[[], Any]) -> Any:
    """Return the first result that is true; fail after a bounded time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing after {PATIENCE_SECONDS} s")


def _subscribe(clients: Clients, topic: str) -> tuple[Any, str]:
    """Subscribe a new queue to a topic and return the client and the queue's URL."""
    queues = clients("sqs")
    url = queues.create_queue(QueueName=f"listener-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    return queues, url


def _run(clients: Clients, checkout: Checkout, given: dict[str, Any]) -> dict[str, Any]:
    workflows = clients("stepfunctions")
    started = workflows.start_execution(
        stateMachineArn=checkout.outputs()["migration.migration_state_machine_arn"],
        input=json.dumps(given),
    )

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = workflows.describe_execution(executionArn=started["executionArn"])
        return found if found["status"] != "RUNNING" else None

    finished: dict[str, Any] = _eventually(ended)
    return finished


def test_the_workflow_writes_a_checkpoint_and_tells_the_status_topic(
    deployed: Checkout, clients: Clients
) -> None:
    outputs = deployed.outputs()
    queues, url = _subscribe(clients, outputs["observability.migration_status_topic_arn"])

    finished = _run(clients, deployed, {"reason": "rehearsal"})

    assert finished["status"] == "SUCCEEDED", finished
    bucket = outputs["migration.checkpoints_bucket"]
    storage = clients("s3")
    keys = [item["Key"] for item in storage.list_objects_v2(Bucket=bucket)["Contents"]]
    mine = [key for key in keys if finished["name"] in key]
    assert len(mine) == 1
    checkpoint = json.loads(storage.get_object(Bucket=bucket, Key=mine[0])["Body"].read())
    assert checkpoint["execution"] in (finished["name"], finished["executionArn"])

    def message() -> Any:
        received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        return [item for item in received if finished["name"] in item["Body"]]

    assert _eventually(message)


def test_an_input_that_the_workflow_refuses_fails_it_and_alerts(
    deployed: Checkout, clients: Clients
) -> None:
    topic = deployed.outputs()["observability.error_alerts_topic_arn"]
    queues, url = _subscribe(clients, topic)

    finished = _run(clients, deployed, {})

    assert finished["status"] == "FAILED", finished

    def message() -> Any:
        received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        return [item for item in received if finished["name"] in item["Body"]]

    assert _eventually(message)
