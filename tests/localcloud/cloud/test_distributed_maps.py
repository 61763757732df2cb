"""Distributed maps over items in a bucket: every item runs, and a failed one is not passed over."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.localcloud.conftest import eventually

Clients = Callable[[str], Any]
Start = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

FAILS_FOR_FALSE: dict[str, Any] = {
    "StartAt": "IsFine",
    "States": {
        "IsFine": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.fine", "BooleanEquals": True, "Next": "Fine"}],
            "Default": "Broken",
        },
        "Fine": {"Type": "Succeed"},
        "Broken": {"Type": "Fail", "Error": "Item.Broken", "Cause": "planted"},
    },
}
TAKES_A_SECOND: dict[str, Any] = {
    "StartAt": "Wait",
    "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}},
}


@pytest.fixture
def start(client: Clients, role: str) -> Start:
    """Starts an execution with a distributed map over items in a bucket; returns its ARN."""

    def start_map(
        items: list[bool], processor: dict[str, Any] = FAILS_FOR_FALSE, **options: Any
    ) -> str:
        bucket = f"bucket-{uuid4().hex[:8]}"
        client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
        )
        client("s3").put_object(Bucket=bucket, Key="items.json", Body=json.dumps(items))
        state = {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {"Bucket": bucket, "Key.$": "$.key"},
            },
            "ItemSelector": {"fine.$": "$$.Map.Item.Value", "run.$": "$.run"},
            "MaxConcurrencyPath": "$.concurrency",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **processor,
            },
            "End": True,
            **options,
        }
        states = {"Items": state, "Caught": {"Type": "Pass", "Result": "caught", "End": True}}
        stepfunctions = client("stepfunctions")
        machine = stepfunctions.create_state_machine(
            name=f"machine-{uuid4().hex[:8]}",
            definition=json.dumps({"StartAt": "Items", "States": states}),
            roleArn=role,
        )["stateMachineArn"]
        execution = stepfunctions.start_execution(
            stateMachineArn=machine,
            input=json.dumps({"key": "items.json", "run": "a-run", "concurrency": 2}),
        )
        return str(execution["executionArn"])

    return start_map


@pytest.fixture
def ended(client: Clients) -> Ended:
    """Waits for the end of an execution; returns its description."""

    def wait(execution: str) -> dict[str, Any]:
        def described() -> dict[str, Any] | None:
            found: dict[str, Any] = client("stepfunctions").describe_execution(
                executionArn=execution
            )
            return found if found["status"] != "RUNNING" else None

        found = eventually(described, 30)
        assert found is not None
        return found

    return wait


def test_every_item_runs_with_what_the_selector_makes_of_it(start: Start, ended: Ended) -> None:
    result = ended(start([True, True, True, True, True]))

    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == [{"fine": True, "run": "a-run"}] * 5


def test_no_items_are_no_failure(start: Start, ended: Ended) -> None:
    result = ended(start([]))

    assert (result["status"], result.get("output")) == ("SUCCEEDED", "[]")


def test_one_failed_item_fails_the_state(start: Start, ended: Ended) -> None:
    result = ended(start([True, True, False, True]))

    assert result["status"] == "FAILED"
    assert result["error"] == "States.ExceedToleratedFailureThreshold"


def test_the_failure_can_be_caught_by_its_name(start: Start, ended: Ended) -> None:
    name = "States.ExceedToleratedFailureThreshold"
    result = ended(start([False], Catch=[{"ErrorEquals": [name], "Next": "Caught"}]))

    assert (result["status"], result.get("output")) == ("SUCCEEDED", '"caught"')


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.5}, "FAILED"),
        ({"ToleratedFailurePercentage": 50.0}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50.0}, "FAILED"),
    ],
)
def test_as_many_failures_as_are_tolerated_pass(
    start: Start, ended: Ended, tolerated: dict[str, float], status: str
) -> None:
    result = ended(start([False, True, False, True], **tolerated))

    assert result["status"] == status


def test_after_a_stop_no_further_item_begins(client: Clients, start: Start, ended: Ended) -> None:
    """Run to the end, these items would take far longer than `ended` waits."""
    stepfunctions = client("stepfunctions")
    execution = start([True] * 120, TAKES_A_SECOND)

    def began() -> bool:
        history = stepfunctions.get_execution_history(executionArn=execution)
        return any(event["type"] == "MapRunStarted" for event in history["events"])

    eventually(began)
    stepfunctions.stop_execution(executionArn=execution)

    assert ended(execution)["status"] == "ABORTED"
