"""The API and the functions behind it."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from shared.packaging import build
from stacks.edge.payments_api import _BEARER_TOKEN
from tests.stacks.conftest import Runner
from tests.stacks.program import Recording


@pytest.fixture
def edge(recordings: dict[str, Recording]) -> Recording:
    """The edge program."""
    return recordings["edge"]


def test_every_method_asks_the_authorizer_and_calls_the_function(edge: Recording) -> None:
    methods = {(m.inputs["httpMethod"], m.inputs["resourceId"]) for m in edge.of_type("Method")}

    assert methods == {
        ("POST", "api-resource-collection-test-id"),
        ("GET", "api-resource-item-test-id"),
    }
    for method in edge.of_type("Method"):
        assert method.inputs["authorization"] == "CUSTOM"
        assert method.inputs["authorizerId"] == "authorizer-token-test-id"
    for integration in edge.of_type("Integration"):
        assert integration.inputs["type"] == "AWS_PROXY"
        assert "function-payments-test" in integration.inputs["uri"]


def test_functions_may_be_called_by_exact_paths_only(edge: Recording) -> None:
    arn = "arn:aws:execute-api:eu-central-1:111122223333:apiid"

    assert {p.inputs["sourceArn"] for p in edge.of_type("Permission")} == {
        f"{arn}/v1/POST/payments",
        f"{arn}/v1/GET/payments/*",
        f"{arn}/authorizers/authorizer-token-test-id",
    }


def test_the_deployment_waits_for_every_method_and_integration(edge: Recording) -> None:
    deployment = edge.one("Deployment")
    parts = [*edge.of_type("Method"), *edge.of_type("Integration"), *edge.of_type("Response")]

    assert {part.urn for part in parts} <= set(deployment.depends_on)


def test_a_changed_definition_is_deployed_and_an_equal_one_is_not(
    edge: Recording, run_program: Runner, recordings: dict[str, Recording]
) -> None:
    upstream = {name: recording.outputs for name, recording in recordings.items()}
    first = edge.one("Deployment").inputs["triggers"]

    same = run_program("edge", upstream, {"edge:paymentsMemorySize": "1024"})
    other = run_program("edge", upstream, {"edge:authorizerCacheSeconds": "60"})

    assert same.one("Deployment").inputs["triggers"] == first
    assert other.one("Deployment").inputs["triggers"] != first
    assert same.one("Function", "payments").inputs["memorySize"] == 1024


def test_the_stage_is_throttled_traced_and_logged_as_json(edge: Recording) -> None:
    stage = edge.one("Stage")
    settings = edge.one("MethodSettings").inputs

    assert stage.inputs["stageName"] == "v1"
    assert stage.inputs["xrayTracingEnabled"] is True
    assert json.loads(stage.inputs["accessLogSettings"]["format"])["request_id"]
    assert settings["methodPath"] == "*/*"
    assert settings["settings"]["throttlingRateLimit"] == 500
    assert edge.one("Account").urn in stage.depends_on


def test_gateway_errors_are_json_with_a_request_id(edge: Recording) -> None:
    for response in edge.of_type("Response"):
        template = response.inputs["responseTemplates"]["application/json"]
        body = template.replace("$context.error.messageString", '"m"')
        assert set(json.loads(body)) == {"message", "request_id"}


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("Bearer a-b.c_d.e0", True),
        ("Bearer a.b", False),
        ("bearer a.b.c", False),
        ("Bearer a.b.c ", False),
        ("Basic a.b.c", False),
    ],
)
def test_only_bearer_tokens_reach_the_authorizer(header: str, accepted: bool) -> None:
    assert bool(re.fullmatch(_BEARER_TOKEN, header)) is accepted


def test_the_payments_function_is_told_what_it_reads(edge: Recording) -> None:
    function = edge.one("Function", "payments")

    assert function.inputs["environment"]["variables"] == {
        "APPLICATION_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:"
        "secret-application-test",
        "CERTIFICATE_AUTHORITY_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:"
        "secret:secret-certificate-authority-test",
        "DATABASE_NAME": "payments",
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "payments",
        "ROUTE_PARAMETER_NAME": "/payments/test/database/route",
        "SOURCE_HOST": "aurora-source-test.example",
        "SOURCE_PORT": "5432",
        "TARGET_HOST": "aurora-target-test.example",
        "TARGET_PORT": "5432",
    }
    assert len(function.inputs["vpcConfig"]["subnetIds"]) == 3
    assert function.inputs["memorySize"] == 512


@pytest.mark.parametrize("name", ["payments", "authorizer"])
def test_the_handler_is_in_the_package(edge: Recording, name: str) -> None:
    function = edge.one("Function", f"function-{name}")
    module = function.inputs["handler"].removesuffix(".handler").replace(".", "/")
    package: Path = build(name)

    with zipfile.ZipFile(package) as archive:
        assert f"{module}.py" in archive.namelist()
    assert function.inputs["code"]["path"] == str(package)


def test_the_accounts_logging_role_can_be_left_to_another_environment(
    run_program: Runner, recordings: dict[str, Recording]
) -> None:
    upstream = {name: recording.outputs for name, recording in recordings.items()}

    recording = run_program("edge", upstream, {"edge:manageApiGatewayAccount": "false"})

    assert recording.error == ""
    assert recording.of_type("Account") == []
    assert len(recording.of_type("Role")) == 2
