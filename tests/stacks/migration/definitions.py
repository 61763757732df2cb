"""Reading state machine definitions in tests."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.stacks.program import Recording

State = dict[str, Any]

ACTIONS = {
    "aws-sdk:ssm:getParameter": "ssm:GetParameter",
    "aws-sdk:ssm:getParameters": "ssm:GetParameters",
    "aws-sdk:ssm:putParameter": "ssm:PutParameter",
    "aws-sdk:s3:getObject": "s3:GetObject",
    "aws-sdk:s3:listObjectsV2": "s3:ListBucket",
    "aws-sdk:s3:putObject": "s3:PutObject",
    "aws-sdk:databasemigration:describeReplicationTasks": "dms:DescribeReplicationTasks",
    "aws-sdk:databasemigration:describeTableStatistics": "dms:DescribeTableStatistics",
    "aws-sdk:databasemigration:describeConnections": "dms:DescribeConnections",
    "aws-sdk:databasemigration:testConnection": "dms:TestConnection",
    "aws-sdk:databasemigration:startReplicationTask": "dms:StartReplicationTask",
    "aws-sdk:databasemigration:stopReplicationTask": "dms:StopReplicationTask",
    "aws-sdk:cloudwatch:getMetricStatistics": "cloudwatch:GetMetricStatistics",
    "aws-sdk:sfn:listExecutions": "states:ListExecutions",
    "aws-sdk:sfn:describeExecution": "states:DescribeExecution",
    "aws-sdk:sfn:stopExecution": "states:StopExecution",
    "states:startExecution": "states:StartExecution",
    "states:startExecution.sync:2": "states:StartExecution",
    "events:putEvents": "events:PutEvents",
    "events:putEvents.waitForTaskToken": "events:PutEvents",
    "lambda:invoke": "lambda:InvokeFunction",
}
"""What a task calls, and the permission that it needs."""


def deployed(migration: Recording, purpose: str) -> State:
    """Return a state machine's definition as it is registered."""
    machine = migration.one("StateMachine", f"state-machine-{purpose}")
    found: State = json.loads(machine.inputs["definition"])
    return found


def machines(definition: State) -> Iterator[State]:
    """Yield the definition, and those of its maps."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])


def tasks(definition: State) -> dict[str, State]:
    """Return every task by its name, those of maps too."""
    return {
        name: state
        for machine in machines(definition)
        for name, state in machine["States"].items()
        if state["Type"] == "Task"
    }


def followers(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the states that may come next."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for branch in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield branch["Next"]


def reached_from(machine: State, start: str) -> set[str]:
    """Return the states that can be reached from one, itself included."""
    reached: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += followers(machine["States"][name])
    return reached


def action(task: State) -> str:
    """Return the permission that a task needs."""
    return ACTIONS[task["Resource"].split(":::", 1)[1]]


def expressions(document: Any) -> Iterator[str]:
    """Yield every JSONata expression in a definition, without its brackets."""
    if isinstance(document, dict):
        for value in document.values():
            yield from expressions(value)
    elif isinstance(document, list):
        for value in document:
            yield from expressions(value)
    elif isinstance(document, str) and (found := re.fullmatch(r"\{%(.*)%\}", document, re.DOTALL)):
        yield found[1]


def assigned(machine: State) -> set[str]:
    """Return the variables that the states of a machine assign, without those of its maps."""
    found: set[str] = set()
    for state in machine["States"].values():
        for place in (state, *state.get("Choices", ()), *state.get("Catch", ())):
            found |= set(place.get("Assign", {}))
    return found


def allowed(migration: Recording, policy: str) -> dict[str, list[str]]:
    """Return the resources that a role's policy names, by action."""
    document = json.loads(migration.one("RolePolicy", policy).inputs["policy"])
    found: dict[str, list[str]] = {}
    for statement in document["Statement"]:
        for name in statement["Action"]:
            found.setdefault(name, []).extend(statement["Resource"])
    return found
