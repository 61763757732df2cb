"""Executions that are stopped while a task is under way, and tasks that somebody fails."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.localcloud.conftest import eventually, zip_of

Clients = Callable[[str], Any]
Start = Callable[[dict[str, Any]], str]

SLOW = """
import time
def handler(event, context):
    time.sleep(3)
    return {}
"""


@pytest.fixture
def start(client: Clients, role: str) -> Start:
    """Starts an execution of a machine with this one state; returns its ARN."""

    def start_state(state: dict[str, Any]) -> str:
        stepfunctions = client("stepfunctions")
        definition = {
            "StartAt": "Work",
            "States": {"Work": {"End": True, **state}},
            "QueryLanguage": "JSONata",
        }
        machine = stepfunctions.create_state_machine(
            name=f"machine-{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role
        )["stateMachineArn"]
        started = stepfunctions.start_execution(stateMachineArn=machine)
        return str(started["executionArn"])

    return start_state


@pytest.fixture
def queue(client: Clients) -> str:
    return str(client("sqs").create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"])


def waiting_for_token(queue: str) -> dict[str, Any]:
    """Return a task that sends its token to a queue and waits for an answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": queue, "MessageBody": "{% $states.context.Task.Token %}"},
        "TimeoutSeconds": 3600,
    }


def token_of(client: Clients, queue: str) -> str:
    def received() -> Any:
        return client("sqs").receive_message(QueueUrl=queue).get("Messages")

    return str(eventually(received)[0]["Body"])


def described(client: Clients, execution: str) -> dict[str, Any]:
    found: dict[str, Any] = client("stepfunctions").describe_execution(executionArn=execution)
    return found


def ended(client: Clients, execution: str) -> dict[str, Any]:
    def look() -> Any:
        found = described(client, execution)
        return found if found["status"] != "RUNNING" else None

    return eventually(look, seconds=2)


def event_types(client: Clients, execution: str) -> list[str]:
    history = client("stepfunctions").get_execution_history(executionArn=execution)
    return [event["type"] for event in history["events"]]


def test_an_execution_that_waits_for_a_token_is_stopped_with_error_and_cause(
    client: Clients, start: Start, queue: str
) -> None:
    execution = start(waiting_for_token(queue))
    token_of(client, queue)

    client("stepfunctions").stop_execution(
        executionArn=execution, error="Stopped.ByHand", cause="changed our minds"
    )

    found = ended(client, execution)
    assert found["status"] == "ABORTED"
    assert (found["error"], found["cause"]) == ("Stopped.ByHand", "changed our minds")
    assert event_types(client, execution)[-1] == "ExecutionAborted"


def test_an_execution_whose_function_runs_is_stopped_and_nothing_follows_in_its_history(
    client: Clients, start: Start, role: str
) -> None:
    name = f"lambda-slow-{uuid4().hex[:8]}"
    client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zip_of({"app.py": SLOW})},
        Timeout=30,
    )
    execution = start(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": name},
        }
    )
    eventually(lambda: "TaskStarted" in event_types(client, execution))

    client("stepfunctions").stop_execution(executionArn=execution)

    assert ended(client, execution)["status"] == "ABORTED"
    # The function serves one call at a time here: it has ended when it answers this one.
    client("lambda").invoke(FunctionName=name)
    assert event_types(client, execution)[-1] == "ExecutionAborted"


def test_an_execution_that_is_waited_for_is_stopped_too(
    client: Clients, start: Start, queue: str
) -> None:
    nested = start(waiting_for_token(queue))
    machine = described(client, nested)["stateMachineArn"]
    token_of(client, queue)
    execution = start(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {"StateMachineArn": machine},
        }
    )
    token_of(client, queue)

    client("stepfunctions").stop_execution(executionArn=execution)

    assert ended(client, execution)["status"] == "ABORTED"
    listed = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    (child,) = [each["executionArn"] for each in listed if each["executionArn"] != nested]
    assert ended(client, child)["status"] == "ABORTED"
    assert described(client, nested)["status"] == "RUNNING"
    client("stepfunctions").stop_execution(executionArn=nested)


@pytest.mark.parametrize("cause", ["not today", None])
def test_a_task_that_somebody_fails_has_the_error_and_cause_that_they_gave(
    client: Clients, start: Start, queue: str, cause: str | None
) -> None:
    stepfunctions = client("stepfunctions")
    execution = start(waiting_for_token(queue))
    given = {} if cause is None else {"cause": cause}
    stepfunctions.send_task_failure(taskToken=token_of(client, queue), error="Refused", **given)

    found = ended(client, execution)
    assert found["status"] == "FAILED"
    assert (found["error"], found.get("cause") or "") == ("Refused", cause or "")
