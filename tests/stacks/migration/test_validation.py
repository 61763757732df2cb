"""Data validation's state machine, its function, and what both may do."""

import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from functions.data_validation import checkpoints, events
from functions.data_validation.checkpoints import ITEMS, S3Store
from functions.data_validation.settings import Settings
from functions.runtime import errors
from functions.runtime.settings import load
from shared.packaging import build
from stacks.migration.definition import placeholders
from stacks.migration.validation import DEFINITION
from tests.stacks.program import Recording

INVOKE = "arn:aws:states:::lambda:invoke"


@pytest.fixture
def migration(recordings: dict[str, Recording]) -> Recording:
    """The migration program."""
    return recordings["migration"]


@pytest.fixture
def definition(migration: Recording) -> dict[str, Any]:
    """The definition as deployed."""
    machine = migration.one("StateMachine", "validation")
    found: dict[str, Any] = json.loads(machine.inputs["definition"])
    return found


def _followers(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for branch in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield branch["Next"]


def _machines(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the definition, and those of its maps."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from _machines(state["ItemProcessor"])


def _tasks(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: state
        for machine in _machines(definition)
        for name, state in machine["States"].items()
        if state["Type"] == "Task"
    }


def _actions(migration: Recording, policy: str) -> dict[str, list[str]]:
    document = json.loads(migration.one("RolePolicy", policy).inputs["policy"])
    return {
        action: statement["Resource"]
        for statement in document["Statement"]
        for action in statement["Action"]
    }


def test_the_deployed_definition_has_no_placeholder_left(migration: Recording) -> None:
    machine = migration.one("StateMachine", "validation")

    assert placeholders(machine.inputs["definition"]) == frozenset()
    assert placeholders(DEFINITION.read_text())


def test_every_task_has_a_time_limit_and_specific_retries_with_full_jitter(
    definition: dict[str, Any],
) -> None:
    tasks = _tasks(definition)

    assert set(tasks) == {"Plan", "Compare", "Finish", "PublishFailure"}
    for name, task in tasks.items():
        assert 0 < task["TimeoutSeconds"] <= definition["TimeoutSeconds"], name
        for retry in task["Retry"]:
            assert retry["JitterStrategy"] == "FULL", name
            assert "States.ALL" not in retry["ErrorEquals"], name


def test_the_state_machine_waits_longer_than_the_function_may_run(
    migration: Recording, definition: dict[str, Any]
) -> None:
    timeout = migration.one("Function", "data-validation").inputs["timeout"]

    assert all(
        task["TimeoutSeconds"] > timeout
        for task in _tasks(definition).values()
        if task["Resource"] == INVOKE
    )


def test_whatever_stops_a_validation_becomes_an_event(definition: dict[str, Any]) -> None:
    for name in ("Plan", "CompareItems", "Finish"):
        assert definition["States"][name]["Catch"] == [
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "PublishFailure"}
        ]
    (entry,) = definition["States"]["PublishFailure"]["Parameters"]["Entries"]
    assert entry["DetailType"] == "Validation Failed"


def test_every_state_is_reached_and_every_follower_exists(definition: dict[str, Any]) -> None:
    for machine in _machines(definition):
        reached: set[str] = set()
        pending = [machine["StartAt"]]
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                pending += _followers(machine["States"][name])
        assert reached == set(machine["States"])


def test_items_are_executions_of_their_own_and_none_may_fail(definition: dict[str, Any]) -> None:
    items = definition["States"]["CompareItems"]

    assert items["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert "ToleratedFailureCount" not in items
    assert "ToleratedFailurePercentage" not in items
    assert items["ItemProcessor"]["States"]["ItemDone"]["Result"] == {}


def test_every_error_that_is_retried_exists(definition: dict[str, Any]) -> None:
    own = {name for module in (checkpoints, events, errors) for name in vars(module)}
    named = {
        error
        for task in _tasks(definition).values()
        for retry in task["Retry"]
        for error in retry["ErrorEquals"]
        if "." not in error
    }

    assert named
    assert named <= own


def test_the_workflow_may_call_the_function_and_run_its_own_items(migration: Recording) -> None:
    actions = _actions(migration, "validation-workflow")
    for_aws_itself = {a for a in actions if a.startswith(("logs:", "xray:", "kms:"))}
    states = "arn:aws:states:eu-central-1:111122223333"
    machine = "state-machine-validation-test"

    assert set(actions) - for_aws_itself == {
        "lambda:InvokeFunction",
        "s3:GetObject",
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "events:PutEvents",
    }
    assert actions["lambda:InvokeFunction"] == [
        "arn:aws:lambda:eu-central-1:111122223333:function-data-validation-test"
    ]
    assert actions["states:StartExecution"] == [f"{states}:stateMachine:{machine}"]
    assert all(
        arn.startswith(f"{states}:execution:{machine}") for arn in actions["states:StopExecution"]
    )


def test_the_workflow_may_read_the_items_where_the_function_writes_them(
    migration: Recording,
) -> None:
    (readable,) = _actions(migration, "validation-workflow")["s3:GetObject"]
    variables = migration.one("Function", "data-validation").inputs["environment"]["variables"]
    store = S3Store(None, "bucket", f"{variables['CHECKPOINT_PREFIX']}/a-run")

    assert readable.endswith(f"/{store.key(ITEMS).replace('a-run', '*')}")


def test_the_function_may_read_and_write_below_its_prefix_and_nowhere_else(
    migration: Recording,
) -> None:
    actions = _actions(migration, "function-data-validation")
    bucket = "arn:aws:s3:eu-central-1:111122223333:bucket-checkpoints-111122223333-test"

    assert actions["s3:PutObject"] == actions["s3:GetObject"] == [f"{bucket}/validation/*"]
    assert actions["s3:ListBucket"] == [bucket]
    assert len(actions["secretsmanager:GetSecretValue"]) == 3
    assert not any(action.startswith(("rds", "dms", "lambda", "states")) for action in actions)


def test_the_function_is_told_everything_that_it_needs(migration: Recording) -> None:
    function = migration.one("Function", "data-validation")
    settings = load(Settings, function.inputs["environment"]["variables"])

    assert function.name == "function-data-validation-test"
    assert function.inputs["timeout"] <= 900
    assert len(function.inputs["vpcConfig"]["subnetIds"]) == 3
    assert settings.environment == "test"
    assert settings.powertools_service_name == "data-validation"
    assert settings.event_source == migration.outputs["event_source"]
    assert settings.source_host == "aurora-source-test.example"
    assert settings.source_secret_arn != settings.target_secret_arn


def test_operators_set_load_and_patience_in_parameters(migration: Recording) -> None:
    variables = migration.one("Function", "data-validation").inputs["environment"]["variables"]
    path = variables["PARAMETER_PATH"]
    values = {
        parameter.name.removeprefix(f"{path}/"): parameter.inputs["value"]
        for parameter in migration.of_type("Parameter")
        if parameter.name.startswith(f"{path}/")
    }

    assert values == {
        "concurrency": "4",
        "max_rate": "0",
        "recheck_seconds": "60",
        "replication": "auto",
        "rows_per_item": "2000000",
    }


def test_the_handler_is_in_the_package(migration: Recording) -> None:
    handler = migration.one("Function", "data-validation").inputs["handler"]

    with zipfile.ZipFile(build("data_validation")) as archive:
        assert f"{handler.removesuffix('.handler').replace('.', '/')}.py" in archive.namelist()
