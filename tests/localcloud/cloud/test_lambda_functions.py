"""Functions that really run, called through boto3 as a client calls them."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import eventually, zip_of

Clients = Callable[[str], Any]

CODE = """
import logging, os, sys, time
from decimal import Decimal
import boto3

count = 0

def handler(event, context):
    global count
    count += 1
    action = event.get("action")
    if action == "raise":
        raise ValueError("bad amount")
    if action == "sleep":
        time.sleep(event["seconds"])
    if action == "exit":
        os._exit(3)
    if action == "leave":
        sys.exit(0)
    if action == "set":
        return {1, 2}
    if action == "decimal":
        return {"amount": Decimal("12.50"), "count": Decimal("3")}
    if action == "log":
        print("printed line")
        logging.getLogger().warning("warned")
    if action == "call back":
        return boto3.client("sts").get_caller_identity()["Account"]
    if action == "import":
        import pydantic
    return {
        "event": event, "pid": os.getpid(), "count": count, "environment": dict(os.environ),
        "path": sys.path, "marker": os.environ.get("MARKER"),
        "context": {"id": context.aws_request_id, "name": context.function_name,
                    "version": context.function_version, "memory": context.memory_limit_in_mb,
                    "arn": context.invoked_function_arn, "group": context.log_group_name,
                    "stream": context.log_stream_name,
                    "left": context.get_remaining_time_in_millis()},
    }
"""


@dataclass
class Function:
    """A deployed function, and how it is called."""

    name: str
    client: Any

    def invoke(self, event: Any, **options: Any) -> dict[str, Any]:
        answer = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps(event).encode(), **options
        )
        text = answer["Payload"].read()
        return {**answer, "Payload": json.loads(text) if text else None}

    def run(self, event: Any) -> Any:
        answer = self.invoke(event)
        assert "FunctionError" not in answer, answer
        return answer["Payload"]


@pytest.fixture
def deploy(client: Clients, role: str) -> Callable[..., Function]:
    def create(
        files: dict[str, str] | None = None, handler: str = "app.handler", **options: Any
    ) -> Function:
        functions = client("lambda")
        made = functions.create_function(
            FunctionName=f"lambda-{uuid4().hex[:10]}",
            Role=role,
            Handler=handler,
            Code={"ZipFile": zip_of(files or {"app.py": CODE})},
            **{"Runtime": "python3.11", "Timeout": 5, **options},
        )
        return Function(made["FunctionName"], functions)

    return create


Deploy = Callable[..., Function]


def test_a_function_sees_its_event_environment_and_context(deploy: Deploy) -> None:
    function = deploy(MemorySize=256, Environment={"Variables": {"MARKER": "m", "AWS_REGION": "x"}})
    answer = function.run({"a": [1, None]})
    assert answer["event"] == {"a": [1, None]}
    assert answer["environment"]["MARKER"] == "m"
    assert answer["environment"]["AWS_REGION"] == "ap-southeast-1"
    assert answer["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert answer["environment"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    context = answer["context"]
    assert context["name"] == function.name
    assert (context["version"], context["memory"]) == ("$LATEST", "256")
    assert context["arn"].endswith(f":function:{function.name}")
    assert context["group"] == f"/aws/lambda/{function.name}"
    assert context["stream"] == answer["environment"]["AWS_LAMBDA_LOG_STREAM_NAME"]
    assert 4000 < context["left"] <= 5000


def test_a_worker_stays_warm(deploy: Deploy) -> None:
    function = deploy()
    first, second = function.run({}), function.run({})
    assert (first["count"], second["count"]) == (1, 2)
    assert first["pid"] == second["pid"]


def test_a_new_configuration_or_code_starts_a_new_worker(deploy: Deploy) -> None:
    function = deploy(Environment={"Variables": {"MARKER": "old"}})
    first = function.run({})
    function.client.update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"MARKER": "new"}}
    )
    second = function.run({})
    function.client.update_function_code(
        FunctionName=function.name,
        ZipFile=zip_of({"app.py": "def handler(event, context):\n    return 'other'"}),
    )
    assert (first["marker"], second["marker"], second["count"]) == ("old", "new", 1)
    assert function.run({}) == "other"


def test_an_exception_is_a_function_error_with_its_trace(deploy: Deploy) -> None:
    answer = deploy().invoke({"action": "raise"}, LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorType"] == "ValueError"
    assert answer["Payload"]["errorMessage"] == "bad amount"
    assert "in handler" in answer["Payload"]["stackTrace"][0]
    assert "[ERROR] ValueError: bad amount" in base64.b64decode(answer["LogResult"]).decode()


def test_a_function_that_takes_too_long_is_killed(deploy: Deploy) -> None:
    function = deploy(Timeout=1)
    started = time.monotonic()
    answer = function.invoke({"action": "sleep", "seconds": 30})
    assert time.monotonic() - started < 4
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in answer["Payload"]["errorMessage"]
    assert function.run({})["count"] == 1


@pytest.mark.parametrize(
    ("action", "error_type", "message"),
    [
        ("exit", "Runtime.ExitError", "exit status 3"),
        ("leave", "Runtime.ExitError", "exited without providing a reason"),
        ("set", "Runtime.MarshalError", "Unable to marshal response"),
        ("import", "ModuleNotFoundError", "No module named 'pydantic'"),
    ],
)
def test_other_failures_are_named_as_lambda_names_them(
    deploy: Deploy, action: str, error_type: str, message: str
) -> None:
    payload = deploy().invoke({"action": action})["Payload"]
    assert payload["errorType"] == error_type
    assert message in payload["errorMessage"]


@pytest.mark.parametrize(
    ("files", "handler", "error_type"),
    [
        ({"app.py": "import not_there"}, "app.handler", "Runtime.ImportModuleError"),
        ({"app.py": "x = 1"}, "app.handler", "Runtime.HandlerNotFound"),
        ({"app.py": "def ("}, "app.handler", "Runtime.UserCodeSyntaxError"),
        ({"app.py": "1 / 0"}, "app.handler", "ZeroDivisionError"),
        ({"app.py": ""}, "handler", "Runtime.MalformedHandlerName"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why(
    deploy: Deploy, files: dict[str, str], handler: str, error_type: str
) -> None:
    answer = deploy(files, handler).invoke({})
    assert (answer["FunctionError"], answer["Payload"]["errorType"]) == ("Unhandled", error_type)


def test_decimals_are_numbers(deploy: Deploy) -> None:
    assert deploy().run({"action": "decimal"}) == {"amount": 12.5, "count": 3}


def test_a_function_calls_the_cloud_with_the_runtimes_boto3(deploy: Deploy) -> None:
    assert deploy().run({"action": "call back"}) == "123456789012"


def test_layers_are_on_the_path(deploy: Deploy, client: Clients) -> None:
    layer = client("lambda").publish_layer_version(
        LayerName=f"layer-{uuid4().hex[:8]}",
        Content={"ZipFile": zip_of({"python/shared_code.py": "VALUE = 'from layer'"})},
    )
    code = "from shared_code import VALUE\ndef handler(event, context):\n    return VALUE"
    function = deploy({"app.py": code}, Layers=[layer["LayerVersionArn"]])
    assert function.run({}) == "from layer"


def test_the_log_has_what_the_function_printed(deploy: Deploy, client: Clients) -> None:
    function = deploy()
    function.run({"action": "log"})

    def messages() -> list[str]:
        logs = client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    start, printed, warned, end, report = eventually(messages)
    assert start.startswith("START RequestId: ")
    assert printed == "printed line"
    assert warned.startswith("[WARNING]\t")
    assert end.startswith("END RequestId: ")
    assert "Init Duration: " in report
    assert "Memory Size: 128 MB" in report


def test_an_event_invocation_runs_later_and_a_dry_run_never(
    deploy: Deploy, client: Clients
) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('sqs').send_message(QueueUrl=event['queue'], MessageBody=event['text'])\n"
    )
    function = deploy({"app.py": code})
    dry = function.invoke({"queue": queue, "text": "dry"}, InvocationType="DryRun")
    later = function.invoke({"queue": queue, "text": "later"}, InvocationType="Event")
    assert (dry["StatusCode"], later["StatusCode"]) == (204, 202)
    received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    assert [message["Body"] for message in received] == ["later"]


def test_a_failed_event_is_tried_again(deploy: Deploy, client: Clients) -> None:
    code = "def handler(event, context):\n    raise RuntimeError('again')"
    function = deploy({"app.py": code})
    function.client.put_function_event_invoke_config(
        FunctionName=function.name, MaximumRetryAttempts=1
    )
    function.invoke({}, InvocationType="Event")

    def starts() -> bool:
        logs = client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False
        return len([e for e in events if e["message"].startswith("START")]) == 2

    eventually(starts)


def test_concurrent_calls_get_workers_of_their_own(deploy: Deploy) -> None:
    function = deploy()
    with ThreadPoolExecutor(4) as pool:
        events = [{"action": "sleep", "seconds": 0.3}] * 4
        answers = list(pool.map(function.run, events))
    assert len({answer["pid"] for answer in answers}) == 4


def test_reserved_concurrency_throttles(deploy: Deploy) -> None:
    function = deploy()
    function.client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    with pytest.raises(ClientError) as refused:
        function.invoke({})
    error: Any = refused.value.response
    assert error["Error"]["Code"] == "TooManyRequestsException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_a_body_that_is_not_json_is_refused(deploy: Deploy) -> None:
    function = deploy()
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        function.client.invoke(FunctionName=function.name, Payload=b"{nope")


def test_a_runtime_other_than_python_says_so(deploy: Deploy) -> None:
    answer = deploy(Runtime="nodejs22.x").invoke({})
    assert answer["Payload"]["errorType"] == "Runtime.Unsupported"
    assert "nodejs22.x" in answer["Payload"]["errorMessage"]
