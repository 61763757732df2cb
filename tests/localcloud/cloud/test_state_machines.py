"""Deployed state machines that really run."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.localcloud.conftest import eventually, zip_of

Clients = Callable[[str], Any]
Run = Callable[..., dict[str, Any]]

FLAKY = """
calls = 0
class Busy(Exception): pass
class Broken(Exception): pass
def handler(event, context):
    global calls
    calls += 1
    if event.get("broken"):
        raise Broken("no way")
    if calls < 3:
        raise Busy("not yet")
    return {"calls": calls, "event": event}
"""


@pytest.fixture
def run(client: Clients, role: str) -> Run:
    """Creates a state machine from its states, runs it, returns its description at the end."""

    def start(start_at: str, states: dict[str, Any], given: Any = None, **options: Any) -> Any:
        stepfunctions = client("stepfunctions")
        language = options.pop("language", "JSONPath")
        definition = {"StartAt": start_at, "States": states, "QueryLanguage": language}
        machine = stepfunctions.create_state_machine(
            name=f"machine-{uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=role,
            **options,
        )["stateMachineArn"]
        execution = stepfunctions.start_execution(
            stateMachineArn=machine, input=json.dumps(given or {})
        )["executionArn"]

        def ended() -> Any:
            described = stepfunctions.describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None

        return eventually(ended)

    return start


@pytest.fixture
def flaky(client: Clients, role: str) -> str:
    made = client("lambda").create_function(
        FunctionName=f"lambda-flaky-{uuid4().hex[:8]}",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zip_of({"app.py": FLAKY})},
    )
    return str(made["FunctionArn"])


def checkpoint_states(bucket: str) -> dict[str, Any]:
    """States that save an object, read a parameter, and put both into the output."""
    return {
        "Save": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Arguments": {
                "Bucket": bucket,
                "Key": "checkpoint.json",
                "Body": {"amount": "{% $sum($states.input.amounts) %}", "quote": 'a"b'},
            },
            "Assign": {"saved": "{% $exists($states.result.ETag) %}", "text": 'say "yes"'},
            "Next": "Route",
        },
        "Route": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Arguments": {"Name": f"/{bucket}/route"},
            "Assign": {"route": "{% $states.result.Parameter.Value %}"},
            "Output": "{% $states.result.Parameter %}",
            "Next": "Done",
        },
        "Done": {
            "Type": "Pass",
            "Output": {
                "saved": "{% $saved %}",
                "text": "{% $text %}",
                "route": "{% $route %}",
                "modified": "{% $states.input.LastModifiedDate %}",
                "parts": "{% $partition([1, 2, 3], 2) %}",
            },
            "End": True,
        },
    }


def test_jsonata_with_variables_calls_s3_and_ssm(client: Clients, run: Run) -> None:
    bucket = f"bucket-{uuid4().hex[:8]}"
    client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    client("ssm").put_parameter(Name=f"/{bucket}/route", Value="source", Type="String")
    result = run("Save", checkpoint_states(bucket), {"amounts": [1, 2.5]}, language="JSONata")
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert (output["saved"], output["text"], output["route"]) == (True, 'say "yes"', "source")
    assert output["modified"].startswith("20")
    assert output["parts"] == [[1, 2], [3]]
    stored = client("s3").get_object(Bucket=bucket, Key="checkpoint.json")["Body"].read()
    assert json.loads(stored) == {"amount": 3.5, "quote": 'a"b'}


def test_a_variable_holds_any_text_of_a_result(client: Clients, run: Run) -> None:
    name = f"/texts/{uuid4().hex[:8]}"
    text = json.dumps({"message": 'it says "no" \\ ünd so on'}) + "\n"
    client("ssm").put_parameter(Name=name, Value=text, Type="String")
    states = {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Arguments": {"Name": name},
            "Assign": {"text": "{% $states.result.Parameter.Value %}", "own": 'a "b" \\ ü'},
            "Next": "IsThere",
        },
        "IsThere": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $length($text) > 0 %}", "Next": "Done"}],
            "Default": "Done",
        },
        "Done": {
            "Type": "Pass",
            "Output": {"text": "{% $text %}", "own": "{% $own & '' %}"},
            "End": True,
        },
    }

    result = run("Read", states, language="JSONata")

    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {"text": text, "own": 'a "b" \\ ü'}


def test_a_checkpoint_of_the_context_object_is_written_with_times_as_text(
    client: Clients, run: Run
) -> None:
    """The shape of the deployed definition's WriteCheckpoint state."""
    bucket = f"bucket-{uuid4().hex[:8]}"
    client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    states = {
        "WriteCheckpoint": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Parameters": {
                "Bucket": bucket,
                "Key.$": "States.Format('migrations/{}/checkpoint.json', $$.Execution.Name)",
                "ContentType": "application/json",
                "Body": {
                    "phase": "preconditions",
                    "execution.$": "$$.Execution.Id",
                    "started_at.$": "$$.Execution.StartTime",
                    "entered_at.$": "$$.State.EnteredTime",
                    "reason.$": "$.reason",
                },
            },
            "ResultSelector": {"etag.$": "$.ETag"},
            "ResultPath": "$.checkpoint",
            "Next": "Context",
        },
        "Context": {"Type": "Pass", "Parameters": {"context.$": "$$"}, "End": True},
    }
    result = run("WriteCheckpoint", states, {"reason": "rehearsal"})
    assert result["status"] == "SUCCEEDED", result
    name = result["executionArn"].rsplit(":", 1)[-1]
    key = f"migrations/{name}/checkpoint.json"
    written = json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert written["execution"] == result["executionArn"]
    assert written["reason"] == "rehearsal"
    for time in (written["started_at"], written["entered_at"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert abs(datetime.fromisoformat(written["started_at"]) - result["startDate"]) < timedelta(
        milliseconds=2
    )
    context = json.loads(result["output"])["context"]
    assert context["Execution"]["StartTime"] == written["started_at"]


def test_a_nested_execution_tells_its_times_as_text(client: Clients, run: Run, role: str) -> None:
    inner = client("stepfunctions").create_state_machine(
        name=f"machine-{uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn=role,
    )["stateMachineArn"]
    states = {
        "Start": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine",
            "Parameters": {"StateMachineArn": inner},
            "ResultPath": "$.described",
            "Next": "Run",
        },
        "Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": inner, "Input": {"given": 1}},
            "ResultPath": "$.run",
            "End": True,
        },
    }
    result = run("Start", states)
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert output["run"]["Output"] == {"given": 1}
    for time in (output["described"]["CreationDate"], output["run"]["StartDate"]):
        assert datetime.fromisoformat(time).tzinfo is not None


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ("$.list[0].name", "a"),
        ("$.list[0].inner.names[1]", "y"),
        ("$.list[-1]['name']", "b"),
        ("$.list[*].name", ["a", "b"]),
        ("$.one[*].name", ["c"]),
        ("$.list[?(@.name=='b')].name", ["b"]),
        ("$.list[0:1].name", ["a"]),
        ("$.one..name", ["c"]),
        ("$.none[*].name", []),
    ],
)
def test_a_definite_path_gives_its_value_and_any_other_a_list(
    run: Run, path: str, selected: Any
) -> None:
    given = {
        "list": [{"name": "a", "inner": {"names": ["x", "y"]}}, {"name": "b"}],
        "one": [{"name": "c"}],
        "none": [],
    }
    select = {"Type": "Pass", "Parameters": {"selected.$": path}, "End": True}
    result = run("Select", {"Select": select}, given)
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {"selected": selected}


def test_a_definite_path_into_a_list_is_a_string_to_choices_and_intrinsic_functions(
    run: Run,
) -> None:
    states = {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.tasks[0].Status", "StringEquals": "ready", "Next": "Format"}
            ],
        },
        "Format": {
            "Type": "Pass",
            "Parameters": {"text.$": "States.Format('it is {}', $.tasks[0].Status)"},
            "End": True,
        },
    }
    result = run("Choose", states, {"tasks": [{"Status": "ready"}]})
    assert result["status"] == "SUCCEEDED", result
    assert json.loads(result["output"]) == {"text": "it is ready"}


def test_a_definite_path_that_leads_nowhere_fails_the_execution(run: Run) -> None:
    select = {"Type": "Pass", "Parameters": {"selected.$": "$.list[3].name"}, "End": True}
    result = run("Select", {"Select": select}, {"list": []})
    assert (result["status"], result["error"]) == ("FAILED", "States.Runtime")


def test_a_task_is_retried_and_its_errors_are_caught(run: Run, flaky: str) -> None:
    states = {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": flaky, "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3}],
            "ResultSelector": {"calls.$": "$.Payload.calls"},
            "ResultPath": "$.first",
            "Next": "Fail",
        },
        "Fail": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": flaky, "Payload": {"broken": True}},
            "Catch": [{"ErrorEquals": ["Broken"], "ResultPath": "$.caught", "Next": "End"}],
            "End": True,
        },
        "End": {"Type": "Pass", "End": True},
    }
    result = run("Call", states, {"given": 1})
    assert result["status"] == "SUCCEEDED", result
    output = json.loads(result["output"])
    assert (output["given"], output["first"]) == (1, {"calls": 3})
    assert output["caught"]["Error"] == "Broken"
    assert json.loads(output["caught"]["Cause"])["errorMessage"] == "no way"


def test_an_api_error_has_the_name_that_step_functions_gives_it(run: Run) -> None:
    states = {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name": "/not/there"},
            "Catch": [
                {"ErrorEquals": ["Ssm.ParameterNotFoundException"], "Next": "Absent"},
            ],
            "End": True,
        },
        "Absent": {"Type": "Pass", "Result": "absent", "End": True},
    }
    assert json.loads(run("Read", states)["output"]) == "absent"


def test_dms_and_rds_are_called_by_their_sdk_names(client: Clients, run: Run) -> None:
    name = f"instance-{uuid4().hex[:8]}"
    client("dms").create_replication_instance(
        ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.t3.medium"
    )
    states = {
        "Tasks": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:databasemigration:describeReplicationInstances",
            "Parameters": {"Filters": [{"Name": "replication-instance-id", "Values": [name]}]},
            "ResultPath": "$.instances",
            "Next": "Clusters",
        },
        "Clusters": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:rds:describeDBClusters",
            "Parameters": {"DbClusterIdentifier": "not-there"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "End"}],
            "End": True,
        },
        "End": {"Type": "Pass", "End": True},
    }
    output = json.loads(run("Tasks", states)["output"])
    instances = output["instances"]["ReplicationInstances"]
    assert [instance["ReplicationInstanceIdentifier"] for instance in instances] == [name]
    assert output["error"]["Error"] == "Rds.DbClusterNotFoundException"


def test_unnamed_executions_are_separate_and_each_change_of_status_is_an_event(
    client: Clients, role: str
) -> None:
    stepfunctions, events, sqs = client("stepfunctions"), client("events"), client("sqs")
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    machine = stepfunctions.create_state_machine(
        name=f"machine-{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    queue = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    rule = f"rule-{uuid4().hex[:8]}"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine]},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule=rule,
        Targets=[{"Id": "q", "Arn": attributes["Attributes"]["QueueArn"], "InputPath": "$.detail"}],
    )
    started = {
        stepfunctions.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(20)
    }
    seen: set[tuple[str, str]] = set()

    def all_seen() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            detail = json.loads(message["Body"])
            seen.add((detail["executionArn"], detail["status"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(seen) >= 2 * len(started)

    eventually(all_seen)
    assert len(started) == 20
    assert seen == {(arn, status) for arn in started for status in ("RUNNING", "SUCCEEDED")}


@pytest.mark.parametrize("given", ["not JSON", "", '{"a": 1', '{"a": NaN}'])
def test_input_that_is_not_json_starts_nothing(client: Clients, run: Run, given: str) -> None:
    stepfunctions = client("stepfunctions")
    machine = run("Done", {"Done": {"Type": "Succeed"}})["stateMachineArn"]
    with pytest.raises(stepfunctions.exceptions.InvalidExecutionInput) as refusal:
        stepfunctions.start_execution(stateMachineArn=machine, input=given)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "Invalid State Machine Execution Input" in str(refusal.value)
    assert len(stepfunctions.list_executions(stateMachineArn=machine)["executions"]) == 1


def test_the_history_is_logged(client: Clients, run: Run) -> None:
    logs = client("logs")
    group = f"/aws/vendedlogs/states/{uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    run(
        "End",
        {"End": {"Type": "Succeed"}},
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        },
    )

    def types() -> list[str]:
        found = [
            json.loads(event["message"])["type"]
            for event in logs.filter_log_events(logGroupName=group)["events"]
        ]
        return found if "ExecutionSucceeded" in found else []

    assert eventually(types)[0] == "ExecutionStarted"
