"""The Lambda function as it is called: its environment, its requests, its errors."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from functions.cutover import handler as cutover_handler
from functions.cutover.decisions import other
from functions.cutover.errors import UnusableInputError
from functions.cutover.request import Action, Request
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair
from tests.functions.cutover.test_killed import check_settled
from tests.functions.support import MASTER, Context, create_secret

RUN = {"run": "e"}


@pytest.fixture
def deployed(pair: Pair, aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Give the function its environment variables."""
    source, target = (pair.settings(side) for side in Side)
    variables = {
        "ENVIRONMENT": pair.environment,
        "SOURCE_HOST": source.host,
        "SOURCE_PORT": str(source.port),
        "TARGET_HOST": target.host,
        "TARGET_PORT": str(target.port),
        "DATABASE_NAME": pair.name,
        "SOURCE_SECRET_ARN": create_secret(MASTER),
        "TARGET_SECRET_ARN": create_secret(MASTER),
        "CERTIFICATE_AUTHORITY_SECRET_ARN": create_secret({"pem": pair.clusters.authority.pem}),
        "ROUTE_PARAMETER_NAME": pair.route_name,
        "WORKFLOW_PARAMETER_PATH": pair.workflow_path,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cutover_handler._actions.cache_clear()
    yield pair
    cutover_handler._actions.cache_clear()


def call(**event: Any) -> dict[str, Any]:
    """Call the function; what it answers has to be JSON."""
    answer = cutover_handler.handler(event, Context(60_000))
    assert json.loads(json.dumps(answer)) == answer
    return answer


@pytest.mark.postgres
def test_all_actions_answer_as_the_workflows_read_them(deployed: Pair) -> None:
    leave = deployed.route.active
    assert call(action="prepare", **RUN)["outcome"] == "prepared"
    there = call(action="cutover", to=other(leave).value, **RUN)
    assert there.keys() == {
        "outcome",
        "active",
        "epoch",
        "reason",
        "window_milliseconds",
        "steps",
        "sequences",
    }
    assert (there["outcome"], there["active"]) == ("cut_over", other(leave))
    assert all(step.keys() == {"step", "milliseconds"} for step in there["steps"])
    again = call(action="cutover", to=other(leave).value, **RUN)
    assert again["outcome"] == "cut_over"
    assert (again["epoch"], again["steps"]) == (there["epoch"], [])
    for action in ("settle", "status"):
        answer = call(action=action, **RUN)
        on_target = other(leave) is Side.TARGET
        assert answer["outcome"] == ("cut_over" if on_target else "not_cut_over")
        assert answer["settled"] is True
        assert answer["sides"][other(leave)]["run"] == "e"
    check_settled(deployed, other(leave))


@pytest.mark.postgres
def test_a_secret_that_cannot_be_read_leaves_it_open(
    deployed: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_SECRET_ARN", f"missing-{uuid4().hex}")
    cutover_handler._actions.cache_clear()
    with pytest.raises(Exception, match="cannot be read") as caught:
        call(action="status", **RUN)
    assert type(caught.value).__name__ == "UnsettledError"


def test_a_missing_variable_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOURCE_HOST", raising=False)
    cutover_handler._actions.cache_clear()
    with pytest.raises(UnusableInputError, match="SOURCE_HOST is missing"):
        call(action="status", **RUN)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "run is not text"),
        ({"run": ""}, "run is not text"),
        ({"run": "r" * 201, "action": "status"}, "run is not text of 1 to 200"),
        ({"run": "r"}, "action is none of prepare, mark, cutover, settle, status"),
        ({"run": "r", "action": ["cutover"]}, "action is none of"),
        ({"run": "r", "action": "cutover"}, "to is none of source, target"),
        ({"run": "r", "action": "cutover", "to": "elsewhere"}, "to is none of source, target"),
        ({"run": "r", "action": "settle", "to": "target"}, "to is for cutover, not for settle"),
        ({"run": "r", "action": "status", "force": True}, "unknown fields: force"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(event: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnusableInputError, match=problem):
        call(**event)


def test_a_request_is_understood() -> None:
    assert Request.parse({"action": "cutover", "run": "r", "to": "source"}) == Request(
        Action.CUTOVER, "r", Side.SOURCE
    )
    assert Request.parse({"action": "settle", "run": "r"}) == Request(Action.SETTLE, "r")
