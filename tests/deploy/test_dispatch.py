"""Carrying out steps on an engine, whichever it is."""

from deploy.dispatch import (
    DriftLook,
    EngineDispatcher,
    look_ahead,
    placeholders,
)
from deploy.engines.interface import DriftResult, ResourceDrift
from deploy.errors import EngineError
from deploy.events import Diagnostic, Event, Listener, RunResult
from deploy.graph import Graph
from deploy.plan import Plan, plan_deploy, plan_destroy, plan_drift
from shared.placeholders import VARIABLE
from tests.deploy.fake_engine import FakeEngine

GRAPH = Graph.of({"base": [], "top": ["base"]})
DEPLOYED = {"base": 1, "top": 1}


def _deploying() -> Plan:
    return plan_deploy(GRAPH, GRAPH.nodes, "test", {})


def _ignore(layer: str, event: Event) -> None:
    """Take no notice of an event."""


def test_deploying_brings_the_stack_up() -> None:
    engine = FakeEngine()

    EngineDispatcher(engine, _ignore).dispatch(_deploying().steps[0])

    assert engine.asked == [("base", "up", {})]


def test_destroying_destroys_it() -> None:
    engine = FakeEngine()

    EngineDispatcher(engine, _ignore).dispatch(
        plan_destroy(GRAPH, GRAPH.nodes, "test", DEPLOYED).steps[0]
    )

    assert engine.asked == [("top", "destroy", {})]


def test_a_preview_carries_out_the_same_plan_without_changing_anything() -> None:
    engine = FakeEngine()
    dispatcher = EngineDispatcher(engine, _ignore, look_ahead, placeholders)

    dispatcher.dispatch(_deploying().steps[0])
    dispatcher.dispatch(plan_destroy(GRAPH, GRAPH.nodes, "test", DEPLOYED).steps[0])

    assert [what for _, what, _ in engine.asked] == ["preview", "preview destroy"]


def test_only_a_preview_tells_a_program_to_use_placeholders() -> None:
    engine = FakeEngine()
    top = _deploying().steps[1]

    EngineDispatcher(engine, _ignore, look_ahead, placeholders).dispatch(top)
    EngineDispatcher(engine, _ignore).dispatch(top)

    assert [environ for _, _, environ in engine.asked] == [{VARIABLE: "base"}, {}]


def test_what_an_engine_refuses_fails_the_layer_and_is_told_apart() -> None:
    def locked(listener: Listener) -> RunResult:
        raise EngineError("stack base/test is locked by process 7 of ada on laptop")

    dispatcher = EngineDispatcher(FakeEngine({("base", "up"): locked}), _ignore)

    run = dispatcher.dispatch(_deploying().steps[0])

    assert run.errors[0].message.startswith("stack base/test is locked")
    assert dispatcher.refused == {"base"}


def test_events_come_with_their_layer() -> None:
    heard: list[tuple[str, Event]] = []
    notice = Diagnostic("warning", "careful")

    def talk(listener: Listener) -> RunResult:
        listener(notice)
        return RunResult()

    engine = FakeEngine({("base", "up"): talk})

    EngineDispatcher(engine, lambda layer, event: heard.append((layer, event))).dispatch(
        _deploying().steps[0]
    )

    assert heard == [("base", notice)]


def test_cancelling_reaches_the_stack_that_runs_and_starts_no_other() -> None:
    engine = FakeEngine()
    dispatcher = EngineDispatcher(engine, _ignore)

    def cancelled(listener: Listener) -> RunResult:
        dispatcher.cancel()
        assert engine.cancelled.is_set()
        return RunResult(cancelled=True)

    engine.answers["base", "up"] = cancelled
    first, second = (dispatcher.dispatch(step) for step in _deploying().steps)

    assert first.cancelled
    assert second.cancelled
    assert [layer for layer, _, _ in engine.asked] == ["base"]


def test_a_look_for_drift_keeps_what_it_found() -> None:
    found = DriftResult(resources=(ResourceDrift("urn", "type", "name", True, ()),))
    look = DriftLook()
    dispatcher = EngineDispatcher(FakeEngine(drifts={"base": found}), _ignore, look)

    run = dispatcher.dispatch(plan_drift(GRAPH, ["base"], "test", DEPLOYED).steps[0])

    assert run.ok
    assert look.results == {"base": found}


def test_a_layer_is_deployed_by_the_stack_that_was_prepared_for_it() -> None:
    engine = FakeEngine()
    base, top = _deploying().steps

    with EngineDispatcher(engine, _ignore) as dispatcher:
        dispatcher.prepare(base)
        dispatcher.prepare(top)
        dispatcher.dispatch(base)

    assert engine.asked == [("base", "up", {})]
    assert sorted(engine.prepared) == ["base", "top"]
    assert sorted(engine.made) == ["base", "top"]
    assert "top" in engine.released


def test_what_cannot_be_prepared_is_told_when_its_turn_comes() -> None:
    def broken(_: Listener) -> RunResult:
        raise EngineError("the configuration cannot be read")

    engine = FakeEngine(answers={("base", "prepare"): broken, ("base", "up"): broken})
    step = _deploying().steps[0]

    with EngineDispatcher(engine, _ignore) as dispatcher:
        dispatcher.prepare(step)
        result = dispatcher.dispatch(step)

    assert [error.message for error in result.errors] == ["the configuration cannot be read"]
    assert dispatcher.refused == {"base"}


def test_nothing_is_prepared_for_a_destruction() -> None:
    engine = FakeEngine()
    with EngineDispatcher(engine, _ignore) as dispatcher:
        dispatcher.prepare(plan_destroy(GRAPH, GRAPH.nodes, "test", DEPLOYED).steps[0])
    assert engine.prepared == []
