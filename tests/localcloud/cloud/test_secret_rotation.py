"""Rotations of secrets by functions that really run, driven through boto3."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import eventually, zip_of

Clients = Callable[[str], Any]

# Notes every step in a parameter; fails at the step that another parameter names.
CODE = """
import json, os
import boto3

secrets, parameters = boto3.client("secretsmanager"), boto3.client("ssm")

def handler(event, context):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    notes, fails_at = (os.environ[name] for name in ("NOTES", "FAILS_AT"))
    seen = json.loads(parameters.get_parameter(Name=notes)["Parameter"]["Value"])
    parameters.put_parameter(Name=notes, Value=json.dumps([*seen, event]), Overwrite=True)
    if parameters.get_parameter(Name=fails_at)["Parameter"]["Value"] == step:
        raise RuntimeError("as the test asked for")
    if step == "createSecret":
        secrets.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString="made by " + token,
            VersionStages=["AWSPENDING"])
    if step == "testSecret":
        secrets.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    if step == "finishSecret":
        labels = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
        current = next(v for v, stages in labels.items() if "AWSCURRENT" in stages)
        secrets.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=current)
"""
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


@dataclass
class Rotated:
    """A secret, the function that rotates it, and what that function was asked for."""

    client: Any
    parameters: Any
    secret: str
    function: str
    notes: str
    fails_at: str

    def rotate(self, **options: Any) -> str:
        return str(
            self.client.rotate_secret(
                SecretId=self.secret, RotationLambdaARN=self.function, **options
            )["VersionId"]
        )

    def steps(self) -> list[str]:
        return [event["Step"] for event in self.events()]

    def events(self) -> list[dict[str, str]]:
        noted = self.parameters.get_parameter(Name=self.notes)["Parameter"]["Value"]
        loaded: list[dict[str, str]] = json.loads(noted)
        return loaded

    def fail_at(self, step: str) -> None:
        self.parameters.put_parameter(Name=self.fails_at, Value=step, Type="String", Overwrite=True)

    def labels(self) -> dict[str, list[str]]:
        versions = self.describe()["VersionIdsToStages"]
        return {version: sorted(labels) for version, labels in versions.items() if labels}

    def describe(self) -> dict[str, Any]:
        return dict(self.client.describe_secret(SecretId=self.secret))

    def value(self) -> str:
        return str(self.client.get_secret_value(SecretId=self.secret)["SecretString"])


@pytest.fixture
def rotated(client: Clients, role: str) -> Rotated:
    name = uuid4().hex[:12]
    functions, parameters = client("lambda"), client("ssm")
    notes, fails_at = (f"/{name}/{kind}" for kind in ("notes", "fails-at"))
    parameters.put_parameter(Name=notes, Value="[]", Type="String")
    function = functions.create_function(
        FunctionName=f"rotation-{name}",
        Role=role,
        Handler="app.handler",
        Runtime="python3.11",
        Timeout=20,
        Code={"ZipFile": zip_of({"app.py": CODE})},
        Environment={"Variables": {"NOTES": notes, "FAILS_AT": fails_at}},
    )
    functions.add_permission(
        FunctionName=function["FunctionName"],
        StatementId="rotation",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    secrets = client("secretsmanager")
    arn = secrets.create_secret(Name=name, SecretString="first")["ARN"]
    made = Rotated(secrets, parameters, arn, function["FunctionArn"], notes, fails_at)
    made.fail_at("nowhere")
    return made


def test_a_rotation_takes_four_steps_in_the_background(rotated: Rotated) -> None:
    [first] = rotated.labels()
    token = rotated.rotate()
    eventually(lambda: rotated.labels().get(token) == ["AWSCURRENT"])

    assert rotated.steps() == STEPS
    for event in rotated.events():
        assert (event["SecretId"], event["ClientRequestToken"]) == (rotated.secret, token)
    assert rotated.labels() == {first: ["AWSPREVIOUS"], token: ["AWSCURRENT"]}
    assert rotated.value() == f"made by {token}"
    assert eventually(lambda: rotated.describe().get("LastRotatedDate"))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_the_last_and_the_next_call_attempts_the_same_version_again(
    rotated: Rotated, step: str
) -> None:
    rotated.fail_at(step)
    token = rotated.rotate()
    before = STEPS[: STEPS.index(step) + 1]
    eventually(lambda: rotated.steps() == before)
    assert rotated.value() == "first"
    assert rotated.labels()[token] == ["AWSPENDING"]

    rotated.fail_at("nowhere")
    with pytest.raises(ClientError, match="previous rotation isn't complete"):
        rotated.rotate()
    eventually(lambda: rotated.labels()[token] == ["AWSCURRENT"])
    assert rotated.steps() == [*before, *STEPS]
    assert rotated.value() == f"made by {token}"


def test_a_configuration_is_tried_out_with_the_current_content(rotated: Rotated) -> None:
    labels = rotated.labels()
    rotated.rotate(RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": 30})
    eventually(lambda: rotated.steps() == ["testSecret"])
    eventually(lambda: rotated.labels() == labels)

    described = rotated.describe()
    assert rotated.value() == "first"
    assert described["RotationEnabled"] is True
    assert described["RotationLambdaARN"] == rotated.function
    assert described["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert described["NextRotationDate"] is not None
    assert "LastRotatedDate" not in described


def test_a_later_call_knows_the_function(rotated: Rotated) -> None:
    rotated.rotate(RotateImmediately=False)
    eventually(lambda: rotated.steps() == ["testSecret"])
    token = rotated.client.rotate_secret(SecretId=rotated.secret)["VersionId"]
    eventually(lambda: rotated.labels().get(token) == ["AWSCURRENT"])


def test_a_rotation_that_is_cancelled_is_off_and_keeps_its_function(rotated: Rotated) -> None:
    rotated.rotate(RotateImmediately=False)
    rotated.client.cancel_rotate_secret(SecretId=rotated.secret)
    described = rotated.describe()
    assert described["RotationEnabled"] is False
    assert described["RotationLambdaARN"] == rotated.function


def test_a_function_that_does_not_admit_the_service_is_refused(
    rotated: Rotated, client: Clients
) -> None:
    client("lambda").remove_permission(
        FunctionName=rotated.function.rpartition(":")[2], StatementId="rotation"
    )
    with pytest.raises(ClientError, match="cannot invoke the specified Lambda function"):
        rotated.rotate()
    assert "RotationEnabled" not in rotated.describe()
    with pytest.raises(ClientError, match="cannot invoke"):
        rotated.client.rotate_secret(
            SecretId=rotated.secret, RotationLambdaARN=f"{rotated.function}-other"
        )


def test_without_a_function_there_is_no_rotation(rotated: Rotated) -> None:
    with pytest.raises(ClientError, match="doesn't already have a Lambda function ARN"):
        rotated.client.rotate_secret(SecretId=rotated.secret)


@pytest.mark.parametrize(
    "rules",
    [
        {"AutomaticallyAfterDays": 1001},
        {"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"},
    ],
)
def test_rules_that_make_no_sense_are_refused(rotated: Rotated, rules: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="AutomaticallyAfterDays"):
        rotated.rotate(RotationRules=rules)


def test_the_content_of_a_version_does_not_change(rotated: Rotated) -> None:
    token = str(uuid4())
    put = {"SecretId": rotated.secret, "ClientRequestToken": token}
    for _ in range(2):
        rotated.client.put_secret_value(**put, SecretString="second", VersionStages=["AWSPENDING"])
    with pytest.raises(rotated.client.exceptions.ResourceExistsException):
        rotated.client.put_secret_value(**put, SecretString="third", VersionStages=["AWSPENDING"])
