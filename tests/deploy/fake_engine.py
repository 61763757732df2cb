"""An engine that tests prepare: each layer answers with what it was given."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.engines.embedded import StackState
from deploy.engines.interface import DriftResult
from deploy.events import Listener, RunResult

Answer = Callable[[Listener], RunResult]


@dataclass
class FakeStack:
    """A stack of one layer. `asked` records what was done, with the program's variables."""

    layer: str
    engine: "FakeEngine"
    environ: Mapping[str, str]

    def preview(self, listener: Listener, *, destroying: bool = False) -> RunResult:
        return self._answer("preview destroy" if destroying else "preview", listener)

    def prepare(self) -> None:
        self.engine.prepared.append(self.layer)
        answer = self.engine.answers.get((self.layer, "prepare"))
        if answer is not None:
            answer(print)

    def release(self) -> None:
        self.engine.released.append(self.layer)

    def up(self, listener: Listener) -> RunResult:
        return self._answer("up", listener)

    def destroy(self, listener: Listener) -> RunResult:
        return self._answer("destroy", listener)

    def drift(self, listener: Listener) -> DriftResult:
        self._answer("drift", listener)
        return self.engine.drifts.get(self.layer, DriftResult())

    def state(self) -> StackState | None:
        return None

    def cancel(self) -> None:
        self.engine.cancelled.set()

    def _answer(self, what: str, listener: Listener) -> RunResult:
        self.engine.asked.append((self.layer, what, dict(self.environ)))
        answer = self.engine.answers.get((self.layer, what))
        return RunResult() if answer is None else answer(listener)


@dataclass
class FakeEngine:
    """An `Engine` for tests."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    drifts: dict[str, DriftResult] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    name: str = "fake"

    def stack(self, layer: str, *, environ: Mapping[str, str] = {}) -> FakeStack:
        self.made.append(layer)
        return FakeStack(layer, self, environ)

    def close(self) -> None:
        """Nothing runs."""
