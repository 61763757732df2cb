"""The control plane: many callers at once, and what it says of what it lacks."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud.control_plane import ControlPlaneLock
from localcloud.control import CloudInfo
from tests.localcloud.conftest import make_client

Clients = Callable[[str], Any]


@pytest.mark.parametrize(
    ("service", "call", "action"),
    [
        ("ec2", lambda c: c.describe_verified_access_groups(), "DescribeVerifiedAccessGroups"),
        ("rds", lambda c: c.describe_db_major_engine_versions(), "DescribeDBMajorEngineVersions"),
        (
            "stepfunctions",
            lambda c: c.redrive_execution(executionArn="arn"),
            "RedriveExecution",
        ),
        ("lambda", lambda c: c.get_account_settings(), "GetAccountSettings"),
        (
            "route53",
            lambda c: c.get_geo_location(CountryCode="SG"),
            "GetGeoLocation",
        ),
        ("cloudwatch", lambda c: c.list_metric_streams(), "ListMetricStreams"),
        ("sqs", lambda c: c.start_message_move_task(SourceArn="arn"), "StartMessageMoveTask"),
    ],
)
def test_an_action_that_is_not_implemented_is_named_at_once(
    client: Clients, service: str, call: Callable[[Any], Any], action: str
) -> None:
    with pytest.raises(ClientError) as refused:
        call(client(service))
    response = refused.value.response
    assert response["Error"]["Code"] == "NotImplemented"
    assert f"does not implement {service}:{action}" in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_missing_bucket_is_not_found_and_not_unimplemented(client: Clients) -> None:
    with pytest.raises(ClientError) as refused:
        client("s3").head_bucket(Bucket=f"bucket-{uuid4().hex}")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_sixteen_creators_of_three_services_meet_no_error(cloud: CloudInfo) -> None:
    suffix = uuid4().hex[:6]
    ssm, sqs, logs = (make_client(cloud, service) for service in ("ssm", "sqs", "logs"))

    def create(creator: int) -> int:
        for number in range(4):
            name = f"{suffix}-{creator}-{number}"
            ssm.put_parameter(Name=f"/{name}", Value="v", Type="String")
            sqs.create_queue(QueueName=name)
            logs.create_log_group(logGroupName=name)
            logs.describe_log_groups(logGroupNamePrefix=suffix)
            ssm.describe_parameters()
            sqs.list_queues(QueueNamePrefix=suffix)
        return creator

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(create, range(16))) == list(range(16))
    assert len(sqs.list_queues(QueueNamePrefix=suffix)["QueueUrls"]) == 64


def test_a_long_poll_gets_its_message_at_once(client: Clients) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=10)
        started = time.monotonic()
        client("sts").get_caller_identity()
        sqs.send_message(QueueUrl=queue, MessageBody="here")
        assert waiting.result(5)["Messages"][0]["Body"] == "here"
        assert time.monotonic() - started < 4


def test_the_existing_secrets_are_there(client: Clients) -> None:
    names = {secret["Name"] for secret in client("secretsmanager").list_secrets()["SecretList"]}
    assert {"secret-source-master-local", "secret-application-local"} <= names
    jwt = client("secretsmanager").get_secret_value(SecretId="secret-jwt-key-local")
    assert '"HS256"' in jwt["SecretString"]


def test_the_lock_can_be_let_go_at_any_depth() -> None:
    lock = ControlPlaneLock()
    order: list[str] = []

    def other() -> None:
        with lock.holding():
            order.append("other")

    with lock.holding(), lock.holding():
        order.append("before")
        thread = threading.Thread(target=other)
        with lock.released():
            thread.start()
            thread.join(5)
        order.append("after")
    assert order == ["before", "other", "after"]


def test_letting_go_of_a_lock_that_is_not_held_changes_nothing() -> None:
    lock = ControlPlaneLock()
    with lock.released():
        pass
    with lock.holding():
        pass
