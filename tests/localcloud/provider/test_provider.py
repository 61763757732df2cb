"""The provider as an engine meets it: instances, settings, unknown things, start and end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from localcloud.provider.clients import Account
from localcloud.provider.server import serve
from localcloud.provider.wire import to_struct
from tests.localcloud.provider.engine import Engine

TOPIC = "aws:sns/topic:Topic"


def test_each_connection_is_an_instance_with_a_region_of_its_own(provider_port: int) -> None:
    with Engine(provider_port) as first, Engine(provider_port) as second:
        first.configure({"region": "ap-southeast-1"})
        second.configure({"region": "eu-central-1"})
        topics = [each.create(TOPIC, {"name": "topic-regions-local"}) for each in (first, second)]
        assert [topic.outputs["arn"].split(":")[3] for topic in topics] == [
            "ap-southeast-1",
            "eu-central-1",
        ]
        for each, topic in zip((first, second), topics, strict=True):
            each.delete(topic)


def test_a_resource_may_name_another_region(engine: Engine) -> None:
    topic = engine.create(TOPIC, {"name": "topic-abroad-local", "region": "us-east-1"})
    assert topic.outputs["arn"].split(":")[3] == "us-east-1"
    engine.delete(topic)
    assert engine.read(topic) is None


def test_a_connection_that_configured_nothing_is_told_so(provider_port: int) -> None:
    unconfigured = pytest.raises(grpc.RpcError, match="has not configured the provider")
    with Engine(provider_port) as stranger, unconfigured:
        stranger.check(TOPIC, {"name": "topic"})


def test_an_unknown_type_is_told_by_name(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        engine.check("aws:ec2/instance:Instance", {})
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "aws:ec2/instance:Instance is not supported" in refused.value.details()


def test_an_unknown_function_is_told_by_name(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="aws:ec2/getAmi:getAmi is not supported"):
        engine.invoke("aws:ec2/getAmi:getAmi", {})


def test_an_error_says_what_aws_said_about_which_resource(engine: Engine) -> None:
    inputs = {"vpcId": "vpc-00000000", "cidrBlock": "10.0.0.0/24"}
    with pytest.raises(grpc.RpcError) as refused:
        engine.create("aws:ec2/subnet:Subnet", inputs)
    details = refused.value.details()
    assert details.startswith("example-")
    assert "ec2 CreateSubnet: InvalidVpcID.NotFound: " in details


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"profile": "production"}, "does not implement the setting 'profile'"),
        ({"assumeRoles": '[{"roleArn": "arn"}]'}, "does not implement the setting 'assumeRoles'"),
        ({"region": "ap-southeast-99"}, "is not a region of AWS"),
        ({"endpoints": '[{"s3": "https://s3.amazonaws.com"}]'}, "talks to the laptop cloud only"),
    ],
)
def test_settings_that_cannot_be_honoured_are_refused(
    provider_port: int, settings: dict[str, str], reason: str
) -> None:
    with Engine(provider_port) as connection:
        checked = connection.stub.CheckConfig(proto.CheckRequest(news=to_struct(settings)))
        assert reason in checked.failures[0].reason
        with pytest.raises(grpc.RpcError, match=reason.split("'", maxsplit=1)[0]):
            connection.configure(settings)


def test_settings_of_a_local_environment_are_accepted(provider_port: int, moto_url: str) -> None:
    settings = {
        "region": "ap-southeast-1",
        "accessKey": "test",
        "secretKey": "test",
        "skipCredentialsValidation": "true",
        "endpoints": f'[{{"s3": "{moto_url}"}}]',
    }
    with Engine(provider_port) as connection:
        request = proto.CheckRequest(news=to_struct(settings))
        assert not connection.stub.CheckConfig(request).failures
        connection.configure(settings)
        identity = connection.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
        assert identity["accountId"] == "123456789012"


def test_another_region_replaces_the_provider(engine: Engine) -> None:
    request = proto.DiffRequest(
        olds=to_struct({"region": "eu-west-1"}), news=to_struct({"region": "eu-west-2"})
    )
    response = engine.stub.DiffConfig(request)
    assert list(response.replaces) == ["region"]


def test_the_handshake_says_what_is_accepted(engine: Engine) -> None:
    response = engine.stub.Handshake(proto.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert not response.accept_secrets
    engine.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    engine.stub.Cancel(empty_pb2.Empty())
    assert engine.stub.GetPluginInfo(empty_pb2.Empty()).version.startswith("7.")


def test_an_endpoint_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        serve("https://sts.ap-southeast-1.amazonaws.com", "ap-southeast-1", "a", "b")


def test_the_secret_key_does_not_appear_in_text() -> None:
    account = Account("http://127.0.0.1:1", "access", "very-secret")
    assert "very-secret" not in f"{account} {account!r}"


@contextmanager
def provider_process(endpoint_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "localcloud.provider"),
            *("--endpoint-url", endpoint_url, "--region", "ap-southeast-1"),
        ],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        with process:
            yield process
    finally:
        if process.poll() is None:
            process.kill()


def test_the_process_prints_its_port_and_ends_with_its_parent(moto_url: str) -> None:
    with provider_process(moto_url) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = int(process.stdout.readline())
        with Engine(port) as connection:
            connection.configure({})
            region = connection.invoke("aws:index/getRegion:getRegion", {})
            assert region["region"] == "ap-southeast-1"
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_the_process_ends_on_sigterm(moto_url: str) -> None:
    with provider_process(moto_url) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
