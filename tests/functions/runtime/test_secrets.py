"""Secrets are fetched once, again on demand, and checked for their keys."""

import json

import boto3
import pytest

from functions.runtime.errors import SecretError
from functions.runtime.secrets import SecretReader
from tests.functions.support import create_secret


@pytest.fixture
def reader(aws: None) -> SecretReader:
    return SecretReader(boto3.client("secretsmanager"))


def test_a_secret_is_kept_until_a_fresh_one_is_asked_for(reader: SecretReader) -> None:
    arn = create_secret({"password": "first"})
    assert reader.read(arn, ("password",))["password"] == "first"
    boto3.client("secretsmanager").put_secret_value(
        SecretId=arn, SecretString=json.dumps({"password": "second"})
    )
    assert reader.read(arn, ("password",))["password"] == "first"
    assert reader.read(arn, ("password",), force_fetch=True)["password"] == "second"
    assert reader.read(arn, ("password",))["password"] == "second"


def test_missing_keys_are_named_without_values(reader: SecretReader) -> None:
    arn = create_secret({"password": "hidden", "username": ""})
    with pytest.raises(SecretError, match="username, host") as caught:
        reader.read(arn, ("password", "username", "host"))
    assert "hidden" not in str(caught.value)


def test_a_secret_that_does_not_exist_is_named(reader: SecretReader) -> None:
    with pytest.raises(SecretError, match="secret-that-is-not-there"):
        reader.read("secret-that-is-not-there", ("password",))


@pytest.mark.parametrize("text", ["plain", "[]", '"text"'])
def test_a_secret_that_is_no_json_object_is_refused(reader: SecretReader, text: str) -> None:
    arn = create_secret({})
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)
    with pytest.raises(SecretError, match="not a JSON object") as caught:
        reader.read(arn, ("password",))
    assert "plain" not in str(caught.value)
