"""Preparing a deployment: its program starts, and nothing else happens until the deployment."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.engines.embedded import ConfigError, EmbeddedStack
from deploy.events import Diagnostic, Event, Operation
from tests.deploy.engines.embedded.scenario import Scenario

MARKING = """
from pathlib import Path
pulumi.log.warn("hello")
Path("ran").touch()
Thing("a", name="a")
"""


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _prepared(scenario: Scenario, program: str) -> EmbeddedStack:
    scenario.write(program)
    stack = scenario.stack()
    stack.prepare()
    return stack


def _locks(scenario: Scenario) -> list[Path]:
    return list(scenario.backend.glob(".pulumi/locks/**/*.json"))


def test_a_prepared_program_runs_and_nothing_is_made_before_the_deployment(
    scenario: Scenario,
) -> None:
    stack = _prepared(scenario, MARKING)
    _wait_for((scenario.directory / "ran").exists)
    assert scenario.cloud.history == []
    events: list[Event] = []

    result = stack.up(events.append)

    assert result.ok, result.errors
    assert result.counts == {Operation.CREATE: 1}
    assert [e.message for e in events if isinstance(e, Diagnostic)] == ["hello"]
    assert scenario.state().resource_count == 1
    assert _locks(scenario) == []


def test_what_is_released_leaves_no_trace(scenario: Scenario) -> None:
    scenario.up('Thing("a", name="a")')
    before, history = scenario.state_file.stat(), list(scenario.cloud.history)
    stack = _prepared(scenario, 'Thing("b", name="b")')
    assert len(_locks(scenario)) == 1

    stack.release()

    after = scenario.state_file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert scenario.cloud.history == history
    assert _locks(scenario) == []


def test_a_new_stack_that_is_released_has_no_state(scenario: Scenario) -> None:
    _prepared(scenario, MARKING).release()
    assert not scenario.state_file.exists()


def test_a_program_that_failed_before_the_deployment_fails_it(scenario: Scenario) -> None:
    stack = _prepared(
        scenario, "from pathlib import Path\nPath('ran').touch()\nraise ValueError('too early')"
    )
    _wait_for((scenario.directory / "ran").exists)

    result = stack.up(print)

    assert not result.ok
    assert "too early" in result.errors[0].message


@pytest.mark.parametrize("other", ["preview", "destroy"])
def test_another_run_ends_what_is_prepared(scenario: Scenario, other: str) -> None:
    scenario.up('Thing("a", name="a")')
    stack = _prepared(scenario, 'Thing("a", name="a")\nThing("b", name="b")')

    result = getattr(stack, other)(print)

    assert result.ok, result.errors
    assert _locks(scenario) == []
    assert stack.up(print).ok


def test_a_cancelled_stack_ends_what_is_prepared(scenario: Scenario) -> None:
    stack = _prepared(scenario, MARKING)
    stack.cancel()

    result = stack.up(print)

    assert result.cancelled
    assert scenario.cloud.history == []
    assert _locks(scenario) == []


def test_what_cannot_be_prepared_holds_nothing(scenario: Scenario) -> None:
    scenario.write("", config="config: [no, mapping]\n")
    with pytest.raises(ConfigError):
        scenario.stack().prepare()
    assert _locks(scenario) == []
