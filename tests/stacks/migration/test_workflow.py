"""What holds for both workflows' definitions, as files and as deployed."""

import re
from typing import Any

import jsonata
import pytest

from functions.cutover import errors as cutover_errors
from functions.runtime import errors as runtime_errors
from stacks.migration.definition import placeholders
from stacks.migration.retries import RETRIES
from stacks.migration.workflow_surroundings import DEFINITIONS, MIGRATION, ROLLBACK
from tests.stacks.migration.definitions import (
    action,
    allowed,
    assigned,
    deployed,
    expressions,
    machines,
    reached_from,
    tasks,
)
from tests.stacks.program import Recording

FOR_AWS_ITSELF = ("logs:", "xray:", "kms:")
NESTED_EXECUTIONS = {"events:PutTargets", "events:PutRule", "events:DescribeRule"}


@pytest.fixture(params=[MIGRATION, ROLLBACK])
def purpose(request: pytest.FixtureRequest) -> str:
    """One of the two workflows, each in turn."""
    found: str = request.param
    return found


@pytest.fixture
def definition(migration: Recording, purpose: str) -> dict[str, Any]:
    """The workflow's definition as deployed."""
    return deployed(migration, purpose)


def test_the_deployed_definition_has_no_placeholder_left(
    migration: Recording, purpose: str
) -> None:
    machine = migration.one("StateMachine", f"state-machine-{purpose}")

    assert placeholders(machine.inputs["definition"]) == frozenset()
    assert placeholders(DEFINITIONS[purpose].read_text())


def test_every_task_has_a_time_limit_and_specific_retries_with_full_jitter(
    definition: dict[str, Any],
) -> None:
    for name, task in tasks(definition).items():
        limit = task["TimeoutSeconds"]
        assert isinstance(limit, str) or 0 < limit <= definition["TimeoutSeconds"], name
        assert task["Retry"], name
        for retry in task["Retry"]:
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["MaxAttempts"] > 0, name
            assert retry["MaxDelaySeconds"] >= retry["IntervalSeconds"] > 0, name
            assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"]) or (
                action(task) == "events:PutEvents"
            ), name


def test_every_task_and_map_catches_whatever_is_left(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        if state["Type"] in ("Task", "Map"):
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_function_may_run_less_long_than_the_workflow_waits_for_it(
    migration: Recording, definition: dict[str, Any]
) -> None:
    for task in tasks(definition).values():
        if action(task) != "lambda:InvokeFunction":
            continue
        function = task["Arguments"]["FunctionName"].rsplit(":", 1)[-1]
        assert task["TimeoutSeconds"] > migration.one("Function", function).inputs["timeout"]


def test_every_state_is_reached_and_every_follower_exists(definition: dict[str, Any]) -> None:
    for machine in machines(definition):
        assert reached_from(machine, machine["StartAt"]) == set(machine["States"])


def test_every_expression_is_jsonata(definition: dict[str, Any]) -> None:
    found = list(expressions(definition))

    assert len(found) > 50
    for expression in found:
        jsonata.Jsonata(expression)


def test_variables_that_are_read_are_assigned_somewhere(definition: dict[str, Any]) -> None:
    given = {name for machine in machines(definition) for name in assigned(machine)}
    for expression in expressions(definition):
        own = set(re.findall(r"\$(\w+) *:=", expression))
        read = set(re.findall(r"\$([a-z_]+)\b(?! *\()", expression))
        assert read - own - {"states"} <= given, expression


def test_a_map_assigns_no_variable_of_the_workflow_around_it(definition: dict[str, Any]) -> None:
    # Step Functions refuses that when the definition is created ("Passing data between states
    # with variables", Variable scope).
    outer = assigned(definition)
    for machine in list(machines(definition))[1:]:
        assert not assigned(machine) & outer


def test_what_is_retried_are_errors_that_exist(definition: dict[str, Any]) -> None:
    own = set(vars(runtime_errors)) | set(vars(cutover_errors))
    named = {
        error
        for task in tasks(definition).values()
        for retry in task["Retry"]
        for error in retry["ErrorEquals"]
        if "." not in error
    }

    assert "UnsettledError" in named
    assert named <= own


def test_the_role_may_do_what_the_tasks_call_and_nothing_else(
    migration: Recording, definition: dict[str, Any], purpose: str
) -> None:
    actions = {
        name
        for name in allowed(migration, f"policy-{purpose}-workflow")
        if not name.startswith(FOR_AWS_ITSELF)
    }
    called = {action(task) for task in tasks(definition).values()}
    # How the end of a nested execution is told, and how one is ended with its parent.
    nested = NESTED_EXECUTIONS | {"states:StopExecution"} if purpose == MIGRATION else set()

    assert actions - nested == called - nested


def test_executions_are_logged_and_traced(migration: Recording, purpose: str) -> None:
    machine = migration.one("StateMachine", f"state-machine-{purpose}")
    group = migration.one("LogGroup", f"state-machine-{purpose}")

    assert machine.inputs["loggingConfiguration"]["level"] == "ALL"
    assert machine.inputs["loggingConfiguration"]["logDestination"].endswith(f"{group.name}:*")
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}


def test_parameters_that_a_workflow_names_are_created(
    recordings: dict[str, Recording], purpose: str
) -> None:
    created = {
        parameter.name
        for layer in ("data", "migration")
        for parameter in recordings[layer].of_type("Parameter")
    }
    text = recordings["migration"].one("StateMachine", f"state-machine-{purpose}")
    named = set(re.findall(r"/payments/test/[a-z_/]+[a-z]", text.inputs["definition"]))

    assert len(named) > 5
    assert named <= created


def test_each_service_that_is_called_has_retries() -> None:
    assert {name.partition(":")[0] for name in RETRIES} == {"lambda", "aws-sdk", "states", "events"}
