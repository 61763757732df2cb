"""The scheduler's rules, on a dispatcher that the test controls."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.events import ResourceError, RunResult
from deploy.graph import Graph
from deploy.plan import Plan, Step, plan_deploy
from deploy.scheduler import Outcome, Scheduler, StepResult

DIAMOND = Graph.of({"base": [], "left": ["base"], "right": ["base"], "top": ["left", "right"]})
FAILED = RunResult(errors=(ResourceError("refused"),))


def _plan(graph: Graph = DIAMOND) -> Plan:
    return plan_deploy(graph, graph.nodes, "test", {})


@dataclass
class Recorder:
    """Answers each layer with what the test prepared and records what was asked."""

    answers: dict[str, Callable[[], RunResult]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def dispatch(self, step: Step) -> RunResult:
        self.started.append(step.layer)
        return self.answers.get(step.layer, RunResult)()

    def cancel(self) -> None:
        self.cancelled.set()


def _outcomes(results: list[StepResult]) -> dict[str, Outcome]:
    return {result.step.layer: result.outcome for result in results}


def test_a_layer_starts_only_after_everything_it_waits_for() -> None:
    recorder = Recorder()

    results = Scheduler(_plan(), recorder).run()

    assert recorder.started[0] == "base"
    assert recorder.started[-1] == "top"
    assert set(_outcomes(results).values()) == {Outcome.SUCCEEDED}


def test_siblings_run_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=10)

    def meet() -> RunResult:
        together.wait()
        return RunResult()

    results = Scheduler(_plan(), Recorder({"left": meet, "right": meet})).run()

    assert set(_outcomes(results).values()) == {Outcome.SUCCEEDED}


def test_one_at_a_time_when_so_asked() -> None:
    running = 0
    most = 0

    def count() -> RunResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        running -= 1
        return RunResult()

    answers = dict.fromkeys(DIAMOND.nodes, count)
    Scheduler(_plan(), Recorder(answers), parallel=1).run()

    assert most == 1


def test_a_layer_that_waits_for_its_turn_is_not_told_to_have_started() -> None:
    told: list[str] = []

    Scheduler(
        _plan(),
        Recorder(),
        parallel=1,
        started=lambda step: told.append(f"start {step.layer}"),
        settled=lambda result: told.append(f"end {result.step.layer}"),
    ).run()

    assert told == [f"{what} {layer}" for layer in DIAMOND.nodes for what in ("start", "end")]


def test_a_layer_comes_next_once_all_it_waits_for_runs_or_has_succeeded() -> None:
    told: list[str] = []

    Scheduler(
        _plan(),
        Recorder(),
        parallel=1,
        coming=lambda step: told.append(f"next {step.layer}"),
        started=lambda step: told.append(f"start {step.layer}"),
    ).run()

    assert told == [
        *("start base", "next left", "next right"),
        *("start left", "start right", "next top", "start top"),
    ]


def test_what_waits_for_a_failed_layer_does_not_come_next() -> None:
    coming: list[str] = []
    recorder = Recorder({"left": lambda: FAILED})

    Scheduler(_plan(), recorder, parallel=1, coming=lambda step: coming.append(step.layer)).run()

    assert coming == ["left", "right"]


def test_a_failure_blocks_dependents_and_lets_the_others_finish() -> None:
    recorder = Recorder({"left": lambda: FAILED})

    results = Scheduler(_plan(), recorder).run()

    assert _outcomes(results) == {
        "base": Outcome.SUCCEEDED,
        "left": Outcome.FAILED,
        "right": Outcome.SUCCEEDED,
        "top": Outcome.BLOCKED,
    }
    assert "top" not in recorder.started


def test_blocking_passes_through_blocked_layers_and_keeps_the_first_cause() -> None:
    chain = Graph.of({"a": [], "b": ["a"], "c": ["b"]})

    results = Scheduler(_plan(chain), Recorder({"a": lambda: FAILED})).run()

    assert [(r.outcome, r.cause) for r in results[1:]] == [
        (Outcome.BLOCKED, "a"),
        (Outcome.BLOCKED, "a"),
    ]


def test_an_exception_of_the_dispatcher_is_a_failure_of_that_layer() -> None:
    def broken() -> RunResult:
        raise OSError("disk full")

    results = Scheduler(_plan(), Recorder({"base": broken})).run()

    assert results[0].outcome is Outcome.FAILED
    assert results[0].run is not None
    assert results[0].run.errors[0].message == "disk full"


def test_each_outcome_is_told_once_as_it_happens() -> None:
    told: list[str] = []

    Scheduler(
        _plan(), Recorder({"left": lambda: FAILED}), settled=lambda r: told.append(r.step.layer)
    ).run()

    assert sorted(told) == sorted(DIAMOND.nodes)
    assert told[0] == "base"


def test_a_start_is_told_for_what_runs_and_not_for_what_is_blocked() -> None:
    told: list[str] = []

    Scheduler(
        _plan(), Recorder({"left": lambda: FAILED}), started=lambda step: told.append(step.layer)
    ).run()

    assert sorted(told) == ["base", "left", "right"]


def test_results_come_in_the_order_of_the_plan() -> None:
    results = Scheduler(_plan(), Recorder({"left": lambda: FAILED})).run()

    assert [result.step.layer for result in results] == list(_plan().layers)


def test_cancelling_tells_the_running_layer_and_starts_no_other() -> None:
    recorder = Recorder()
    scheduler = Scheduler(_plan(), recorder)

    def cancelled() -> RunResult:
        scheduler.cancel()
        assert recorder.cancelled.is_set()
        return RunResult(cancelled=True)

    recorder.answers["base"] = cancelled

    results = scheduler.run()

    assert scheduler.cancelled
    assert recorder.started == ["base"]
    assert set(_outcomes(results).values()) == {Outcome.CANCELLED}


@st.composite
def _graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of up to eight layers, each needing some of those before it."""
    count = draw(st.integers(1, 8))
    needs = [
        draw(st.sets(st.integers(0, number - 1))) if number else set() for number in range(count)
    ]
    return Graph.of({f"n{i}": [f"n{j}" for j in sorted(needs[i])] for i in range(count)})


@settings(max_examples=60)
@given(_graphs(), st.sets(st.integers(0, 7)), st.integers(1, 4))
def test_in_any_graph_exactly_what_needs_a_failed_layer_is_blocked_and_the_rest_runs(
    graph: Graph, failing: set[int], parallel: int
) -> None:
    fails = {f"n{number}" for number in failing} & set(graph.nodes)
    recorder = Recorder(dict.fromkeys(fails, lambda: FAILED))

    results = Scheduler(_plan(graph), recorder, parallel=parallel).run()

    outcomes = _outcomes(results)
    blocked = {name for name, outcome in outcomes.items() if outcome is Outcome.BLOCKED}
    failed = {name for name, outcome in outcomes.items() if outcome is Outcome.FAILED}
    assert blocked == {name for name in graph.nodes if graph.dependencies([name]) & failed}
    assert failed == fails - blocked
    assert set(recorder.started) == set(graph.nodes) - blocked
    places = {name: place for place, name in enumerate(recorder.started)}
    assert all(
        places[upstream] < places[name]
        for name in recorder.started
        for upstream in graph.dependencies([name])
    )
    causes = {result.step.layer: result.cause for result in results if result.cause}
    assert all(causes[name] in failed & graph.dependencies([name]) for name in blocked)
