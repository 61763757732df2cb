"""The embedded engine as the orchestrator drives it."""

from pathlib import Path

import pytest

from deploy.engines.embedded import ConfigError, EmbeddedEngine
from deploy.engines.interface import Engine, LayerStack
from deploy.events import Event, Operation, RunResult
from deploy.programs import WarmLauncher
from tests.deploy.engines.embedded.scenario import PROGRAMS, Scenario

TWO = 'a = Thing("a", name="a")\nThing("b", name="b", uses=a.id)\npulumi.export("id", a.id)\n'


@pytest.fixture
def engine(scenario: Scenario, launcher: WarmLauncher) -> Engine:
    def folder_of(layer: str) -> Path:
        return scenario.directory if layer == scenario.project else Path("/nowhere")

    return EmbeddedEngine(
        "local",
        backend_root=scenario.backend,
        provider_addresses={"test": scenario.address},
        launcher=launcher,
        folder_of=folder_of,
    )


def _stack(engine: Engine, scenario: Scenario) -> LayerStack:
    return engine.stack(scenario.project, environ={"PYTHONPATH": str(PROGRAMS)})


def _preview_destroy(engine: Engine, scenario: Scenario) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    result = _stack(engine, scenario).preview(events.append, destroying=True)
    return result, events


def test_a_layer_is_deployed_looked_at_and_destroyed(engine: Engine, scenario: Scenario) -> None:
    scenario.write(TWO)
    stack = _stack(engine, scenario)
    assert stack.state() is None
    assert stack.preview(print).counts == {Operation.CREATE: 2}
    assert stack.up(print).counts == {Operation.CREATE: 2}
    state = stack.state()
    assert state is not None
    assert state.resource_count == 2
    assert stack.drift(print).resources == ()
    assert stack.destroy(print).counts == {Operation.DELETE: 2}
    assert stack.state() is None
    assert scenario.cloud.things == {}


def test_a_preview_of_destroying_tells_what_would_go_and_leaves_it(
    engine: Engine, scenario: Scenario
) -> None:
    scenario.up(TWO)
    before, history = scenario.state_file.read_bytes(), list(scenario.cloud.history)
    result, events = _preview_destroy(engine, scenario)
    assert result.ok, result.errors
    assert result.counts == {Operation.DELETE: 2}
    assert len(events) == 2
    assert scenario.state_file.read_bytes() == before
    assert scenario.cloud.history == history


def test_a_preview_of_destroying_runs_no_program(engine: Engine, scenario: Scenario) -> None:
    scenario.up(TWO)
    scenario.write("raise SystemExit('must not run')")
    assert _preview_destroy(engine, scenario)[0].ok


def test_a_preview_of_destroying_names_what_is_protected(
    engine: Engine, scenario: Scenario
) -> None:
    scenario.up('Thing("a", name="a", opts=Options(protect=True))\nThing("b", name="b")')
    result, _ = _preview_destroy(engine, scenario)
    assert [error.name for error in result.errors] == ["a"]
    assert "protect" in result.errors[0].message


def test_a_preview_of_destroying_nothing_finds_nothing(engine: Engine, scenario: Scenario) -> None:
    scenario.write(TWO)
    result, events = _preview_destroy(engine, scenario)
    assert result.ok
    assert (result.counts, events) == ({}, [])


def test_the_environment_that_is_given_reaches_the_program(
    engine: Engine, scenario: Scenario
) -> None:
    scenario.write('import os\npulumi.export("seen", os.environ["GREETING"])')
    environ = {"PYTHONPATH": str(PROGRAMS), "GREETING": "hello"}
    assert engine.stack(scenario.project, environ=environ).up(print).outputs == {"seen": "hello"}


def test_a_preview_names_the_outputs_that_only_the_deployment_tells(
    engine: Engine, scenario: Scenario
) -> None:
    scenario.write(TWO + 'pulumi.export("known", 1)')
    result = _stack(engine, scenario).preview(print)
    assert result.outputs == {"known": 1}
    assert result.unknown_outputs == {"id"}
    assert _stack(engine, scenario).up(print).unknown_outputs == frozenset()


def test_a_cancellation_before_the_run_begins_is_not_lost(
    engine: Engine, scenario: Scenario
) -> None:
    scenario.write(TWO)
    stack = _stack(engine, scenario)
    stack.cancel()
    result = stack.up(print)
    assert result.cancelled
    assert scenario.cloud.things == {}


def test_a_layer_without_a_project_is_refused(engine: Engine) -> None:
    with pytest.raises(ConfigError):
        engine.stack("elsewhere")


def test_closing_twice_is_harmless(engine: Engine) -> None:
    engine.close()
    engine.close()
