"""The functions that programs call."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import grpc
import pytest

from tests.localcloud.provider.engine import Engine

SECRET = "aws:secretsmanager/getSecret:getSecret"
SECRET_VERSION = "aws:secretsmanager/getSecretVersion:getSecretVersion"
POLICY_DOCUMENT = "aws:iam/getPolicyDocument:getPolicyDocument"


@pytest.fixture
def secret_arn(moto_url: str) -> Iterator[str]:
    client = boto3.client(
        "secretsmanager",
        endpoint_url=moto_url,
        region_name="ap-southeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    made = client.create_secret(
        Name="secret-sample-local",
        SecretString='{"username": "payments"}',
        Tags=[{"Key": "Layer", "Value": "data"}],
    )
    yield made["ARN"]
    client.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)
    client.close()


def test_availability_zones_are_those_of_the_region(engine: Engine) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"
    zones = engine.invoke(token, {"state": "available"})
    assert zones["names"] == ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"]
    assert len(zones["zoneIds"]) == 3
    fewer = engine.invoke(token, {"excludeNames": ["ap-southeast-1a"]})
    assert fewer["names"] == ["ap-southeast-1b", "ap-southeast-1c"]


def test_the_region_has_its_name_and_description(engine: Engine) -> None:
    region = engine.invoke("aws:index/getRegion:getRegion", {})
    assert region["id"] == region["region"] == region["name"] == "ap-southeast-1"
    assert region["description"] == "Asia Pacific (Singapore)"


def test_the_partition_is_aws(engine: Engine) -> None:
    partition = engine.invoke("aws:index/getPartition:getPartition", {})
    assert (partition["partition"], partition["dnsSuffix"]) == ("aws", "amazonaws.com")


def test_a_secret_is_found_by_name(engine: Engine, secret_arn: str) -> None:
    found = engine.invoke(SECRET, {"name": "secret-sample-local"})
    assert found["arn"] == secret_arn
    assert found["tags"] == {"Layer": "data"}


def test_a_secrets_value_is_read(engine: Engine, secret_arn: str) -> None:
    found = engine.invoke(SECRET_VERSION, {"secretId": secret_arn})
    assert json.loads(found["secretString"]) == {"username": "payments"}
    assert found["versionStages"] == ["AWSCURRENT"]


def test_a_missing_secret_is_told_in_aws_own_words(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="GetSecretValue: ResourceNotFoundException"):
        engine.invoke(SECRET_VERSION, {"secretId": "secret-missing-local"})


def test_a_parameter_is_read(engine: Engine) -> None:
    name = "/payments/local/function"
    inputs = {"name": name, "type": "String", "value": "one"}
    parameter = engine.create("aws:ssm/parameter:Parameter", inputs)
    found = engine.invoke("aws:ssm/getParameter:getParameter", {"name": name})
    assert (found["value"], found["insecureValue"], found["version"]) == ("one", "one", 1)
    engine.delete(parameter)


def test_a_key_and_its_alias_are_found(engine: Engine) -> None:
    key = engine.create("aws:kms/key:Key", {"deletionWindowInDays": 7})
    inputs = {"name": "alias/key-function-local", "targetKeyId": key.resource_id}
    alias = engine.create("aws:kms/alias:Alias", inputs)
    found = engine.invoke("aws:kms/getAlias:getAlias", {"name": inputs["name"]})
    assert found["targetKeyArn"] == key.outputs["arn"]
    described = engine.invoke("aws:kms/getKey:getKey", {"keyId": inputs["name"]})
    assert (described["arn"], described["enabled"]) == (key.outputs["arn"], True)
    engine.delete(alias)
    engine.delete(key)


def test_an_argument_that_is_not_honoured_is_refused(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="does not implement the argument tags"):
        engine.invoke(SECRET, {"name": "x", "tags": {"a": "b"}})


def document(engine: Engine, **arguments: Any) -> Any:
    return json.loads(engine.invoke(POLICY_DOCUMENT, arguments)["json"])


def test_a_policy_document_is_written(engine: Engine) -> None:
    written = document(
        engine,
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:ListBucket", "s3:GetObject"],
                "resources": ["arn:aws:s3:::bucket"],
                "principals": [
                    {"type": "Service", "identifiers": ["lambda.amazonaws.com"]},
                    {"type": "AWS", "identifiers": ["2", "1"]},
                ],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}
                ],
            }
        ],
    )
    assert written == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": "arn:aws:s3:::bucket",
                "Principal": {"Service": "lambda.amazonaws.com", "AWS": ["1", "2"]},
                "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
            }
        ],
    }


def test_a_later_statement_with_the_same_sid_wins(engine: Engine) -> None:
    source = {"Version": "2012-10-17", "Statement": {"Sid": "A", "Effect": "Deny"}}
    written = document(
        engine,
        sourcePolicyDocuments=[json.dumps(source)],
        statements=[{"sid": "A", "actions": ["s3:GetObject"], "resources": ["*"]}],
    )
    assert [each["Effect"] for each in written["Statement"]] == ["Allow"]


def test_a_star_principal_is_everybody(engine: Engine) -> None:
    written = document(
        engine,
        statements=[
            {"actions": ["sns:Publish"], "principals": [{"type": "*", "identifiers": ["*"]}]}
        ],
    )
    assert written["Statement"][0]["Principal"] == "*"
