"""Carries out a plan's steps on an engine, one stack a step. Which engine makes no difference.

The same plan is carried out in one of three ways: for real (`carry_out`), as a preview
(`look_ahead`), or as a look at the cloud (`DriftLook`).
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from deploy.engines.interface import DriftResult, Engine, LayerStack
from deploy.errors import EngineError
from deploy.events import Event, Listener, ResourceError, RunResult
from deploy.plan import Step, Verb
from localcloud.control import LaptopCloudError
from shared.placeholders import VARIABLE

_PREPARING = 2
"""Layers that are prepared at a time: they compete with those that run."""

LayerListener = Callable[[str, Event], None]
Work = Callable[[Step, LayerStack, Listener], RunResult]
EnvironOf = Callable[[Step], Mapping[str, str]]


def carry_out(step: Step, stack: LayerStack, listener: Listener) -> RunResult:
    """Deploy or destroy a layer."""
    return stack.destroy(listener) if step.verb is Verb.DESTROY else stack.up(listener)


def look_ahead(step: Step, stack: LayerStack, listener: Listener) -> RunResult:
    """Tell what deploying or destroying a layer would do. Changes nothing."""
    return stack.preview(listener, destroying=step.verb is Verb.DESTROY)


def placeholders(step: Step) -> Mapping[str, str]:
    """Return the variables with which a program is previewed before what it reads exists."""
    return {VARIABLE: ",".join(sorted(step.placeholders))} if step.placeholders else {}


def no_variables(step: Step) -> Mapping[str, str]:
    """Return no variables: a placeholder never reaches a program that changes something."""
    return {}


class DriftLook:
    """Compares layers with the cloud and keeps what was found in `results`."""

    def __init__(self) -> None:
        self.results: dict[str, DriftResult] = {}

    def __call__(self, step: Step, stack: LayerStack, listener: Listener) -> RunResult:
        """Look at one layer."""
        found = self.results[step.layer] = stack.drift(listener)
        return RunResult(errors=found.errors, cancelled=found.cancelled, seconds=found.seconds)


@dataclass
class EngineDispatcher:
    """A `Dispatcher` over any engine.

    `work` is done with each step's stack; `environ_of` gives the variables of its program;
    `refused` has the layers that the engine could not even begin with. Its block ends what was
    prepared and not dispatched.
    """

    engine: Engine
    listener: LayerListener
    work: Work = carry_out
    environ_of: EnvironOf = no_variables
    refused: set[str] = field(default_factory=set)
    _running: dict[str, LayerStack] = field(default_factory=dict)
    _prepared: dict[str, Future[LayerStack | None]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_PREPARING, thread_name_prefix="prepare")
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancelled: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
        for prepared in self._prepared.values():
            if stack := prepared.result():
                stack.release()

    def prepare(self, step: Step) -> None:
        """Have the engine prepare a deployment that comes soon, in the background."""
        if step.verb is Verb.DEPLOY:
            self._prepared[step.layer] = self._pool.submit(self._prepare, step)

    def dispatch(self, step: Step) -> RunResult:
        """Do the work of one step; an unusable state, lock or configuration fails it."""
        started = time.monotonic()
        try:
            run = self._run(step)
        except EngineError as error:
            self.refused.add(step.layer)
            run = RunResult(errors=(ResourceError(message=str(error)),))
        except LaptopCloudError as error:
            run = RunResult(errors=(ResourceError(message=str(error)),))
        return replace(run, seconds=time.monotonic() - started)

    def cancel(self) -> None:
        """Ask every running stack to finish what it is doing and stop."""
        with self._lock:
            self._cancelled = True
            running = list(self._running.values())
        for stack in running:
            stack.cancel()

    def _run(self, step: Step) -> RunResult:
        prepared = self._prepared.get(step.layer)
        stack = (prepared.result() if prepared else None) or self._stack(step)
        with self._lock:
            if self._cancelled:
                return RunResult(cancelled=True)
            self._running[step.layer] = stack

        def listen(event: Event) -> None:
            self.listener(step.layer, event)

        try:
            return self.work(step, stack, listen)
        finally:
            with self._lock:
                del self._running[step.layer]

    def _stack(self, step: Step) -> LayerStack:
        return self.engine.stack(step.layer, environ=self.environ_of(step))

    def _prepare(self, step: Step) -> LayerStack | None:
        with suppress(EngineError, OSError):  # what is wrong is told when the step's turn comes
            stack = self._stack(step)
            stack.prepare()
            return stack
        return None
