"""Confirmations and previews off the laptop cloud, on an engine that the test prepares."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from deploy.commands.deployment import Deployment
from deploy.commands.options import Options
from deploy.commands.session import Opened, Request
from deploy.engines.embedded import StackState
from deploy.engines.interface import Engine
from deploy.environments import EngineName, EngineSettings, EnvironmentSettings
from deploy.errors import EngineError, UsageError
from deploy.events import Operation, RunResult
from deploy.layers import layer_graph
from deploy.recorded import Recorded
from deploy.selection import Wanted, select
from deploy.target import Target
from tests.deploy.fake_engine import FakeEngine

GRAPH = layer_graph()


@dataclass
class FakeWorkspace:
    """An environment elsewhere, where nothing is deployed."""

    target: Target
    engine: FakeEngine
    readied: list[str] = field(default_factory=list)

    def start(self, notify: Callable[[str], None]) -> Engine:
        return self.engine

    def recorded(self) -> Recorded:
        return Recorded({})

    def state_of(self, layer: str) -> StackState | None:
        return None

    def deployed(self, layer: str, run: RunResult) -> None:
        self.readied.append(layer)

    def spared_process(self) -> int | None:
        return None


class Terminal(io.StringIO):
    """A standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.target.LAPTOP_CLOUD", tmp_path)
    monkeypatch.setattr("deploy.commands.flat_outputs.REPOSITORY", tmp_path)


def _deployment(engine: FakeEngine, *, protected: bool = False, yes: bool = False) -> Deployment:
    settings = EnvironmentSettings(
        "dev", EngineName.PULUMI, EngineSettings("file:///nowhere"), protected=protected
    )
    target = Target(settings, EngineName.PULUMI)
    options = Options("deploy-all", environment="dev", yes=yes, parallel="1")
    request = Request(options, GRAPH, select(GRAPH, Wanted()), target)
    console = Console(file=io.StringIO(), width=200)
    return Deployment(Opened(request, FakeWorkspace(target, engine), console))


def _said(deployment: Deployment) -> str:
    assert isinstance(deployment.opened.console.file, io.StringIO)
    return deployment.opened.console.file.getvalue()


def _asked(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(layer, what) for layer, what, _ in engine.asked]


def test_off_a_terminal_nothing_is_begun_without_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(UsageError, match="next: invoke deploy-all --environment dev --yes"):
        _deployment(engine).run()

    assert engine.asked == []


def test_what_would_change_is_shown_and_then_done_when_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = RunResult(counts={Operation.CREATE: 7})
    engine = FakeEngine({("network", "preview"): lambda listener: planned})
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    deployment = _deployment(engine)

    assert deployment.run() == 0

    layers = GRAPH.order()
    assert _asked(engine) == [
        *((layer, "preview") for layer in layers),
        *((layer, "up") for layer in layers),
    ]
    assert "to create" in _said(deployment).partition("deploy dev")[0]
    assert isinstance(deployment.opened.workspace, FakeWorkspace)
    assert deployment.opened.workspace.readied == layers


def test_only_the_preview_of_it_was_told_to_use_placeholders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine()
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))

    _deployment(engine).run()

    told = [(what, layer) for layer, what, environ in engine.asked if environ]
    assert told == [("preview", layer) for layer in GRAPH.order()[1:]]


def test_a_protected_environment_wants_its_name_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))

    with pytest.raises(UsageError, match="nothing was changed"):
        _deployment(engine, protected=True).run()

    assert {what for _, what in _asked(engine)} == {"preview"}


def test_yes_deploys_at_once() -> None:
    engine = FakeEngine()

    assert _deployment(engine, yes=True).run() == 0

    assert {what for _, what in _asked(engine)} == {"up"}


def test_a_preview_that_fails_is_not_followed_by_a_deployment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> RunResult:
        raise OSError("no route to host")

    engine = FakeEngine({("network", "preview"): broken})
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))

    assert _deployment(engine).run() == 1

    assert {what for _, what in _asked(engine)} == {"preview"}


def test_an_engine_that_refuses_every_layer_ends_with_2() -> None:
    def locked(_: object) -> RunResult:
        raise EngineError("stack network/dev is locked by process 7 of ada on laptop since noon")

    deployment = _deployment(FakeEngine({("network", "up"): locked}), yes=True)

    assert deployment.run() == 2
    assert "locked by process 7 of ada on laptop since noon" in _said(deployment)
