"""Events that reach functions, topics, queues, state machines and logs."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.localcloud.conftest import eventually, zip_of

Clients = Callable[[str], Any]

FORWARD = """
import boto3, json, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


@pytest.fixture
def queue(client: Clients) -> tuple[str, str]:
    """URL and ARN of a new queue."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


@pytest.fixture
def forwarder(client: Clients, role: str, queue: tuple[str, str]) -> str:
    """ARN of a function that sends its event to the queue."""
    made = client("lambda").create_function(
        FunctionName=f"lambda-forward-{uuid4().hex[:8]}",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zip_of({"app.py": FORWARD})},
        Environment={"Variables": {"QUEUE": queue[0]}},
        Timeout=10,
    )
    return str(made["FunctionArn"])


def received(client: Clients, url: str) -> str:
    """Return the body of the one message that arrives."""
    answer = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10)
    (message,) = answer["Messages"]
    return str(message["Body"])


def put_rule(client: Clients, source: str, *targets: dict[str, Any], **options: Any) -> str:
    events = client("events")
    name = f"rule-{uuid4().hex[:8]}"
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}), **options)
    events.put_targets(
        Rule=name, Targets=[{"Id": str(number), **t} for number, t in enumerate(targets)]
    )
    return name


def put_event(client: Clients, source: str, detail: dict[str, Any]) -> None:
    answer = client("events").put_events(
        Entries=[{"Source": source, "DetailType": "Test", "Detail": json.dumps(detail)}]
    )
    assert answer["FailedEntryCount"] == 0


@pytest.fixture
def source() -> str:
    return f"tests.{uuid4().hex[:8]}"


def test_a_rule_reaches_a_queue_through_a_topic(
    client: Clients, queue: tuple[str, str], source: str
) -> None:
    url, arn = queue
    sns = client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    put_rule(client, source, {"Arn": topic})
    put_event(client, source, {"amount": 3})
    notification = json.loads(received(client, url))
    assert notification["TopicArn"] == topic
    event = json.loads(notification["Message"])
    assert (event["source"], event["detail"]) == (source, {"amount": 3})
    assert event["time"].endswith("Z")


def test_a_rule_reaches_a_function(
    client: Clients, queue: tuple[str, str], forwarder: str, source: str
) -> None:
    put_rule(client, source, {"Arn": forwarder})
    put_event(client, source, {"n": 1})
    event = json.loads(received(client, queue[0]))
    assert (event["detail-type"], event["detail"]) == ("Test", {"n": 1})


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"Input": '{"fixed": true}'}, {"fixed": True}),
        ({"InputPath": "$.detail"}, {"who": 'a"b', "n": 1}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"who": "$.detail.who", "n": "$.detail.n", "no": "$.detail.x"},
                    "InputTemplate": '{"text": "by <who>: <n><no>", "n": <n>, "no": <no>}',
                }
            },
            {"text": 'by a"b: 1', "n": 1, "no": None},
        ),
    ],
)
def test_the_input_of_a_target_is_transformed(
    client: Clients, queue: tuple[str, str], source: str, option: dict[str, Any], expected: Any
) -> None:
    put_rule(client, source, {"Arn": queue[1], **option})
    put_event(client, source, {"who": 'a"b', "n": 1})
    assert json.loads(received(client, queue[0])) == expected


def test_a_rule_writes_to_a_log_group(client: Clients, source: str) -> None:
    logs = client("logs")
    group = f"/aws/events/{uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    put_rule(client, source, {"Arn": described["arn"]})
    put_event(client, source, {"n": 2})
    (event,) = eventually(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert json.loads(event["message"])["detail"] == {"n": 2}


def test_an_undeliverable_event_goes_to_the_dead_letter_queue(
    client: Clients, queue: tuple[str, str], source: str
) -> None:
    missing = "arn:aws:lambda:ap-southeast-1:123456789012:function:lambda-missing"
    put_rule(client, source, {"Arn": missing, "DeadLetterConfig": {"Arn": queue[1]}})
    put_event(client, source, {"n": 3})
    assert json.loads(received(client, queue[0]))["detail"] == {"n": 3}


def test_a_disabled_rule_does_not_fire(
    client: Clients, queue: tuple[str, str], source: str
) -> None:
    put_rule(client, source, {"Arn": queue[1], "Input": '"disabled"'}, State="DISABLED")
    put_rule(client, source, {"Arn": queue[1], "Input": '"enabled"'})
    put_event(client, source, {})
    assert received(client, queue[0]) == '"enabled"'


def test_a_topic_gives_its_message_to_a_function(
    client: Clients, queue: tuple[str, str], forwarder: str
) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=forwarder)
    published = sns.publish(
        TopicArn=topic,
        Message="hello",
        Subject="greeting",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
    )
    (record,) = json.loads(received(client, queue[0]))["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["Sns"]["MessageId"] == published["MessageId"]
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("hello", "greeting")
    assert record["Sns"]["MessageAttributes"]["kind"]["Value"] == "test"


def test_publishing_to_an_unreachable_endpoint_succeeds(client: Clients) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/none")
    assert sns.publish(TopicArn=topic, Message="hello")["MessageId"]
