"""The functions that the workflows call: what they are told and what they may do."""

import zipfile

import pytest

from functions.cutover.settings import Settings as CutoverSettings
from functions.preflight.settings import Settings as PreflightSettings
from functions.runtime.settings import load
from shared.packaging import build
from tests.stacks.migration.definitions import allowed
from tests.stacks.program import Recording


@pytest.mark.parametrize(
    ("package", "settings"), [("cutover", CutoverSettings), ("preflight", PreflightSettings)]
)
def test_a_function_is_told_everything_that_it_needs(
    migration: Recording,
    package: str,
    settings: type[CutoverSettings] | type[PreflightSettings],
) -> None:
    function = migration.one("Function", package)
    found = load(settings, function.inputs["environment"]["variables"])

    assert function.name == f"function-{package}-test"
    assert function.inputs["timeout"] <= 900
    assert len(function.inputs["vpcConfig"]["subnetIds"]) == 3
    assert found.environment == "test"
    assert found.schema == "payments"
    assert found.powertools_service_name == package
    assert found.workflow_parameter_path == "/payments/test/workflow"
    assert found.source_host == "aurora-source-test.example"
    assert found.source_secret_arn != found.target_secret_arn


@pytest.mark.parametrize("package", ["cutover", "preflight"])
def test_the_handler_is_in_the_package(migration: Recording, package: str) -> None:
    handler = migration.one("Function", package).inputs["handler"]

    with zipfile.ZipFile(build(package)) as archive:
        assert f"{handler.removesuffix('.handler').replace('.', '/')}.py" in archive.namelist()


def test_only_the_cutover_may_change_the_route(recordings: dict[str, Recording]) -> None:
    route = recordings["data"].outputs["route_parameter_arn"]
    writers = {
        policy.name
        for recording in recordings.values()
        for policy in recording.of_type("RolePolicy")
        if route in allowed(recording, policy.name).get("ssm:PutParameter", ())
    }

    assert writers == {"policy-function-cutover-test"}


@pytest.mark.parametrize("package", ["cutover", "preflight"])
def test_a_function_reads_both_logins_and_its_thresholds(
    migration: Recording, package: str
) -> None:
    actions = allowed(migration, f"policy-function-{package}-test")

    assert len(actions["secretsmanager:GetSecretValue"]) == 3
    assert all("parameter/payments/test/workflow" in a for a in actions["ssm:GetParametersByPath"])
    assert not any(a.startswith(("rds", "s3", "lambda", "states", "events")) for a in actions)
