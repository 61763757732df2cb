"""The migration workflow's definition, as a file and as deployed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stacks.migration.definition import placeholders
from stacks.migration.workflow import DEFINITION
from tests.stacks.program import Recording


@pytest.fixture
def migration(recordings: dict[str, Recording]) -> Recording:
    """The migration program."""
    return recordings["migration"]


@pytest.fixture
def definition(migration: Recording) -> dict[str, Any]:
    """The definition as deployed."""
    found: dict[str, Any] = json.loads(
        migration.one("StateMachine", "migration").inputs["definition"]
    )
    return found


def _followers(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for branch in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield branch["Next"]


def test_the_deployed_definition_has_no_placeholder_left(migration: Recording) -> None:
    assert (
        placeholders(migration.one("StateMachine", "migration").inputs["definition"]) == frozenset()
    )
    assert placeholders(DEFINITION.read_text())


def test_every_task_has_a_time_limit_specific_retries_with_jitter_and_a_catch(
    definition: dict[str, Any],
) -> None:
    tasks = {name: s for name, s in definition["States"].items() if s["Type"] == "Task"}

    assert len(tasks) >= 5
    for name, task in tasks.items():
        assert 0 < task["TimeoutSeconds"] <= definition["TimeoutSeconds"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        for retry in task["Retry"]:
            assert retry["JitterStrategy"] == "FULL", name
            assert "States.ALL" not in retry["ErrorEquals"], name


def test_every_state_is_reached_and_every_follower_exists(definition: dict[str, Any]) -> None:
    states = definition["States"]
    reached: set[str] = set()
    pending = [definition["StartAt"]]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += _followers(states[name])

    assert reached == set(states)


def test_the_role_may_do_what_the_tasks_call_and_nothing_else(
    migration: Recording, definition: dict[str, Any]
) -> None:
    called = {
        {
            "aws-sdk:ssm:getParameter": "ssm:GetParameter",
            "aws-sdk:databasemigration:describeReplicationTasks": "dms:DescribeReplicationTasks",
            "aws-sdk:s3:putObject": "s3:PutObject",
            "events:putEvents": "events:PutEvents",
        }[state["Resource"].split(":::")[1]]
        for state in definition["States"].values()
        if state["Type"] == "Task"
    }
    policy = json.loads(migration.one("RolePolicy", "migration-workflow").inputs["policy"])
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    for_aws_itself = {a for a in allowed if a.startswith(("logs:", "xray:", "kms:"))}

    assert allowed - for_aws_itself == called


def test_executions_are_logged_and_traced(migration: Recording) -> None:
    machine = migration.one("StateMachine", "migration")
    group = migration.one("LogGroup", "state-machine-migration")

    assert machine.inputs["loggingConfiguration"]["level"] == "ALL"
    assert machine.inputs["loggingConfiguration"]["logDestination"].endswith(f"{group.name}:*")
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}
