"""The deployed workflows when there is nothing to migrate: refusals, flags, alarms and alerts.

They leave the shared deployment as they found it.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.migrations import Deployment, eventually
from tooling.checkout import Checkout

Alerts = Callable[[str], str]


@pytest.fixture
def deployment_at_rest(deployed: Checkout) -> Iterator[Deployment]:
    """The shared deployment; its traffic stays where it was."""
    deployment = Deployment.of(deployed)
    before = deployment.route()
    yield deployment
    assert deployment.route() == before


@pytest.fixture
def subscribe(deployment_at_rest: Deployment) -> Callable[[str], Alerts]:
    """Subscribes a new queue to a topic; returns what waits for a message with a text in it."""
    queues = deployment_at_rest.clients("sqs")

    def listen(topic: str) -> Alerts:
        url = queues.create_queue(QueueName=f"listener-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        deployment_at_rest.clients("sns").subscribe(
            TopicArn=deployment_at_rest.outputs[f"observability.{topic}_topic_arn"],
            Protocol="sqs",
            Endpoint=arn["QueueArn"],
        )

        def wait(text: str) -> str:
            def message() -> Any:
                received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)
                bodies = [item["Body"] for item in received.get("Messages", [])]
                return next((body for body in bodies if text in body), None)

            found: str = eventually(message)
            return found

        return wait

    return listen


def _rollbacks(deployment: Deployment, trigger: str) -> list[str]:
    """Return the rollbacks that were started by a trigger, oldest first."""
    found = deployment.states.list_executions(stateMachineArn=deployment.machine("rollback"))
    described = [
        deployment.states.describe_execution(executionArn=each["executionArn"])
        for each in found["executions"]
    ]
    chosen = [each for each in described if json.loads(each["input"]).get("trigger") == trigger]
    return [each["executionArn"] for each in sorted(chosen, key=lambda each: each["startDate"])]


def _started_by(deployment: Deployment, trigger: str, change: Callable[[], None]) -> dict[str, Any]:
    """Make a change, and return the rollback that it starts, after its end."""
    before = len(_rollbacks(deployment, trigger))
    change()
    execution: str = eventually(lambda: _rollbacks(deployment, trigger)[before:])[0]
    return deployment.ended(execution)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"reason": ""},
        {"reason": 7},
        {"reason": "x", "run": "no/slash"},
        {"reason": "x", "approval": "yes"},
    ],
)
def test_an_input_that_the_workflow_refuses_fails_it_and_changes_nothing(
    deployment_at_rest: Deployment, given: dict[str, Any]
) -> None:
    ended = deployment_at_rest.run("migration", **given)

    assert ended["status"] == "FAILED"
    assert ended["error"] == "Migration.Failed"
    assert "Migration.InvalidInput" in ended["cause"]
    assert ended["cause"].endswith("Nothing was changed")
    assert deployment_at_rest.parameter("workflow/rotation_paused") == "false"


def test_a_refusal_alerts_the_operators(
    deployment_at_rest: Deployment, subscribe: Callable[[str], Alerts]
) -> None:
    errors, progress = subscribe("error_alerts"), subscribe("migration_status")

    name = deployment_at_rest.run("migration")["name"]

    assert "Migration.InvalidInput" in errors(name)
    assert "Migration Failed" in progress(name)


def test_a_threshold_that_is_no_number_is_refused_before_anything_is_changed(
    deployment_at_rest: Deployment,
) -> None:
    before = deployment_at_rest.parameter("workflow/poll_seconds")
    deployment_at_rest.set_parameter("workflow/poll_seconds", "often")
    try:
        ended = deployment_at_rest.run("migration", reason="a typing error")
    finally:
        deployment_at_rest.set_parameter("workflow/poll_seconds", before)

    assert ended["status"] == "FAILED"
    assert "ReadThresholds" in ended["cause"]
    assert ended["cause"].endswith("Nothing was changed")


def test_a_rollback_with_nothing_to_roll_back_ends_well_and_says_so(
    deployment_at_rest: Deployment, subscribe: Callable[[str], Alerts]
) -> None:
    alerts = subscribe("rollback_alerts")

    ended = deployment_at_rest.run("rollback", reason="just in case")

    assert ended["status"] == "SUCCEEDED", ended
    report = deployment_at_rest.document("rollback", f"rollback/{ended['name']}/report.json")
    assert report["outcome"] == "rolled back"
    assert report["problems"] == []
    assert "just in case" in alerts(ended["name"])


def test_the_flag_in_the_parameter_store_starts_a_rollback_and_is_taken_back(
    deployment_at_rest: Deployment,
) -> None:
    deployment_at_rest.set_parameter("rollback/reason", "an operator's wish")
    try:
        ended = _started_by(
            deployment_at_rest,
            "flag",
            lambda: deployment_at_rest.set_parameter("rollback/requested", "true"),
        )
    finally:
        deployment_at_rest.set_parameter("rollback/reason", "none")

    assert ended["status"] == "SUCCEEDED", ended
    output = json.loads(ended["output"])
    assert (output["outcome"], output["reason"]) == ("rolled back", "an operator's wish")
    assert deployment_at_rest.parameter("rollback/requested") == "false"


def test_the_rollback_alarm_counts_only_after_a_cutover(deployment_at_rest: Deployment) -> None:
    metrics = deployment_at_rest.clients("cloudwatch")

    def ring() -> None:
        metrics.set_alarm_state(
            AlarmName="alarm-rollback-local", StateValue="ALARM", StateReason="errors"
        )

    try:
        ended = _started_by(deployment_at_rest, "alarm", ring)
    finally:
        metrics.set_alarm_state(
            AlarmName="alarm-rollback-local", StateValue="OK", StateReason="none"
        )

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["outcome"] == "nothing to do"
