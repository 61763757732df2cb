"""Parameters and alarms that change, and who hears of it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.localcloud.conftest import eventually

Clients = Callable[[str], Any]
Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def hear(client: Clients) -> Callable[[dict[str, Any]], Heard]:
    """Makes a rule with a queue; returns what gives the details that have arrived so far."""

    def listen(pattern: dict[str, Any]) -> Heard:
        queues, events = client("sqs"), client("events")
        name = f"heard-{uuid4().hex[:8]}"
        url = queues.create_queue(QueueName=name)["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
        details: list[dict[str, Any]] = []

        def heard() -> list[dict[str, Any]]:
            answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                details.append(json.loads(message["Body"])["detail"])
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return details

        return heard

    return listen


def _arrived(heard: Heard, count: int) -> list[dict[str, Any]]:
    """Wait until so many events have arrived, and return their details."""

    def look() -> Any:
        details = heard()
        return details if len(details) == count else None

    found: list[dict[str, Any]] = eventually(look)
    return found


def test_a_parameter_that_is_made_changed_and_deleted_tells_so_without_its_value(
    client: Clients, hear: Callable[[dict[str, Any]], Heard]
) -> None:
    name = f"/payments/{uuid4().hex[:8]}/requested"
    pattern = {"source": ["aws.ssm"], "detail-type": ["Parameter Store Change"]}
    heard = hear({**pattern, "detail": {"name": [name]}})
    parameters = client("ssm")

    parameters.put_parameter(Name=name, Value="a secret wish", Type="String")
    parameters.put_parameter(Name=name, Value="true", Overwrite=True)
    parameters.delete_parameter(Name=name)

    details = _arrived(heard, 3)
    assert sorted(detail["operation"] for detail in details) == ["Create", "Delete", "Update"]
    assert {detail["type"] for detail in details} == {"String"}
    assert "a secret wish" not in json.dumps(details)


def test_a_refused_change_tells_nothing(
    client: Clients, hear: Callable[[dict[str, Any]], Heard]
) -> None:
    name = f"/payments/{uuid4().hex[:8]}/requested"
    heard = hear({"source": ["aws.ssm"], "detail": {"name": [name]}})
    parameters = client("ssm")
    parameters.put_parameter(Name=name, Value="1", Type="String")

    with pytest.raises(parameters.exceptions.ParameterAlreadyExists):
        parameters.put_parameter(Name=name, Value="2", Type="String")
    parameters.delete_parameters(Names=[name, f"{name}-that-is-not-there"])

    details = _arrived(heard, 2)
    assert sorted(detail["operation"] for detail in details) == ["Create", "Delete"]


def test_an_alarm_whose_state_changes_tells_from_what_to_what(
    client: Clients, hear: Callable[[dict[str, Any]], Heard]
) -> None:
    name = f"alarm-{uuid4().hex[:8]}"
    heard = hear({"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}})
    metrics = client("cloudwatch")
    metrics.put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )

    for value in ("OK", "ALARM", "ALARM"):
        metrics.set_alarm_state(AlarmName=name, StateValue=value, StateReason=f"is {value}")

    def changed() -> Any:
        found = [detail for detail in heard() if detail["state"]["value"] == "ALARM"]
        return found or None

    found: list[dict[str, Any]] = eventually(changed)
    (detail,) = found
    assert detail["previousState"]["value"] == "OK"
    assert detail["state"]["reason"] == "is ALARM"
