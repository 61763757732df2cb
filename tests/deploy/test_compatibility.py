"""A preview or a deployment that takes outputs from deployed consumers stops."""

from dataclasses import replace
from datetime import UTC, datetime

from deploy.compatibility import Compatibility
from deploy.dispatch import EngineDispatcher, carry_out, look_ahead
from deploy.engines.embedded import StackState
from deploy.events import (
    Diagnostic,
    Event,
    Listener,
    Operation,
    Phase,
    ResourceError,
    ResourceEvent,
    RunResult,
)
from deploy.layers import layer_graph
from deploy.plan import plan_deploy
from shared.contracts import CONTRACTS
from tests.deploy.fake_engine import FakeEngine

GRAPH = layer_graph()
OUTPUTS = {field.name: field.placeholder for field in CONTRACTS["network"].fields()}
STATE = StackState(OUTPUTS, frozenset(), 5, (), (), datetime(2026, 4, 1, tzinfo=UTC))
STATES = {"network": STATE, "data": replace(STATE, outputs={"source_port": 5432})}
STEP = plan_deploy(GRAPH, ["network"], "test", {"network": 5, "data": 5}).steps[0]
DROPPED = "production_database_subnet_ids"
LESS = {name: value for name, value in OUTPUTS.items() if name != DROPPED}


def _engine(outputs: dict[str, object]) -> FakeEngine:
    answer = RunResult(outputs=outputs)
    return FakeEngine({("network", "preview"): lambda listener: answer})


def _what_was_asked(engine: FakeEngine) -> list[str]:
    return [what for _, what, _ in engine.asked]


def _deploy(
    engine: FakeEngine, compatibility: Compatibility, heard: list[Event] | None = None
) -> RunResult:
    def listen(layer: str, event: Event) -> None:
        if heard is not None:
            heard.append(event)

    work = compatibility.of_deployment(carry_out)
    return EngineDispatcher(engine, listen, work).dispatch(STEP)


def test_a_deployment_that_drops_an_output_in_use_stops_before_it_changes_anything() -> None:
    engine = _engine(LESS)

    run = _deploy(engine, Compatibility(GRAPH, STATES, frozenset()))

    assert not run.ok
    message = run.errors[0].message
    assert f"network.{DROPPED} is dropped; data (@payments/data) uses it" in message
    assert _what_was_asked(engine) == ["preview"]


def test_a_deployment_that_retypes_an_output_in_use_stops() -> None:
    engine = _engine({**OUTPUTS, DROPPED: "subnet-1"})

    run = _deploy(engine, Compatibility(GRAPH, STATES, frozenset()))

    assert "changes from list of string to string" in run.errors[0].message


def test_a_preview_stops_too() -> None:
    work = Compatibility(GRAPH, STATES, frozenset()).of_preview(look_ahead)
    dispatcher = EngineDispatcher(_engine(LESS), lambda layer, event: None, work)

    assert "is dropped" in dispatcher.dispatch(STEP).errors[0].message


def test_it_goes_on_with_a_warning_when_that_is_allowed() -> None:
    engine, heard = _engine(LESS), list[Event]()

    run = _deploy(engine, Compatibility(GRAPH, STATES, frozenset(), allowed=True), heard)

    assert run.ok
    assert _what_was_asked(engine) == ["preview", "up"]
    assert [type(event) for event in heard] == [Diagnostic]


def test_outputs_that_stay_are_deployed_after_the_look() -> None:
    engine = _engine(OUTPUTS)

    assert _deploy(engine, Compatibility(GRAPH, STATES, frozenset())).ok
    assert _what_was_asked(engine) == ["preview", "up"]


def test_a_program_that_did_not_change_is_not_looked_at_first() -> None:
    engine = _engine(LESS)

    assert _deploy(engine, Compatibility(GRAPH, STATES, frozenset({"network"}))).ok
    assert _what_was_asked(engine) == ["up"]


def test_what_goes_wrong_in_the_silent_preview_is_heard() -> None:
    notice = Diagnostic("error", "no such module")
    event = ResourceEvent("urn", "t", "vpc", Operation.CREATE, Phase.FINISHED)

    def fail(listener: Listener) -> RunResult:
        listener(event)
        listener(notice)
        return RunResult(errors=(ResourceError("no such module"),))

    engine, heard = FakeEngine({("network", "preview"): fail}), list[Event]()

    run = _deploy(engine, Compatibility(GRAPH, STATES, frozenset()), heard)

    assert not run.ok
    assert heard == [notice]
    assert _what_was_asked(engine) == ["preview"]


def test_without_deployed_consumers_there_is_nothing_to_lose() -> None:
    engine = _engine(LESS)

    assert _deploy(engine, Compatibility(GRAPH, {"network": STATE}, frozenset())).ok
    assert _what_was_asked(engine) == ["up"]
