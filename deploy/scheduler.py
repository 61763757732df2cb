"""Runs a plan: each step as soon as all that it waits for has succeeded, several at once.

The rules, each with a test:

1. A step starts when every step that it waits for has succeeded and less than `parallel` run.
2. When a step fails, everything that waits for it, directly or not, is blocked and never
   starts; whatever does not wait for it runs to its end.
3. Cancelling starts nothing more; running steps are told and waited for.
4. A step that waits for nothing but what has succeeded or runs is told to come next, once.
5. A step's outcome is final, and there is one outcome for each step, in the plan's order.

The scheduler knows nothing of Pulumi: a `Dispatcher` does the work of one step.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from deploy.events import ResourceError, RunResult
from deploy.plan import Plan, Step

# How soon a cancelled run is noticed when no step ends by itself.
_POLL_SECONDS = 0.1


class Outcome(StrEnum):
    """How a step ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class StepResult:
    """The outcome of one step; `cause` is the failed layer that a blocked step waited for."""

    step: Step
    outcome: Outcome
    run: RunResult | None = None
    cause: str | None = None


class Dispatcher(Protocol):
    """Does the work of one step, and can be told to stop."""

    def dispatch(self, step: Step) -> RunResult:
        """Carry out a step and say how it ended; called from several threads at once."""
        ...

    def cancel(self) -> None:
        """Ask every running step to end cleanly and soon; called from any thread."""
        ...


class Scheduler:
    """Runs one plan on one dispatcher. Not reusable."""

    def __init__(
        self,
        plan: Plan,
        dispatcher: Dispatcher,
        *,
        parallel: int = 4,
        coming: Callable[[Step], None] = lambda step: None,
        started: Callable[[Step], None] = lambda step: None,
        settled: Callable[[StepResult], None] = lambda result: None,
    ) -> None:
        """`coming`, `started` and `settled` are told at once, from the scheduler's own thread."""
        self._plan = plan
        self._dispatcher = dispatcher
        self._parallel = parallel
        self._coming = coming
        self._started = started
        self._settled = settled
        self._results: dict[str, StepResult] = {}
        self._running: dict[Future[RunResult], Step] = {}
        self._announced: set[str] = set()
        self._cancelled = False

    def run(self) -> list[StepResult]:
        """Run the plan to its end and return one result for each step, in the plan's order."""
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="layer") as pool:
            while True:
                self._start_ready(pool)
                if not self._running:
                    break
                done, _ = wait(self._running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    self._settle(self._finished(self._running.pop(future), future))
        for step in self._plan.steps:
            if step.layer not in self._results:
                self._settle(StepResult(step, Outcome.CANCELLED))
        return [self._results[layer] for layer in self._plan.layers]

    def cancel(self) -> None:
        """Start nothing more and ask what runs to end; called from any thread or signal handler."""
        self._cancelled = True
        self._dispatcher.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the run was interrupted."""
        return self._cancelled

    def _start_ready(self, pool: ThreadPoolExecutor) -> None:
        started = {step.layer for step in self._running.values()}
        for step in self._plan.steps:
            if step.layer in self._results or step.layer in started:
                continue
            cause = self._blocked_by(step)
            if cause is not None:
                self._settle(StepResult(step, Outcome.BLOCKED, cause=cause))
            elif not self._cancelled and self._has_room() and self._ready(step):
                self._started(step)
                self._running[pool.submit(self._dispatcher.dispatch, step)] = step
        self._announce_next()

    def _announce_next(self) -> None:
        running = {step.layer for step in self._running.values()}
        for step in self._plan.steps:
            known = {*self._results, *running, *self._announced}
            if step.layer in known or self._cancelled:
                continue
            if all(layer in running or self._has_succeeded(layer) for layer in step.waits_for):
                self._announced.add(step.layer)
                self._coming(step)

    def _has_room(self) -> bool:
        """Return whether another step may run; one that waits for a thread has not started."""
        return len(self._running) < self._parallel

    def _ready(self, step: Step) -> bool:
        return all(self._has_succeeded(layer) for layer in step.waits_for)

    def _has_succeeded(self, layer: str) -> bool:
        return layer in self._results and self._results[layer].outcome is Outcome.SUCCEEDED

    def _blocked_by(self, step: Step) -> str | None:
        for layer in self._plan.layers:
            if layer not in step.waits_for or layer not in self._results:
                continue
            result = self._results[layer]
            if result.outcome is Outcome.FAILED:
                return layer
            if result.outcome is Outcome.BLOCKED:
                return result.cause
        return None

    def _finished(self, step: Step, future: Future[RunResult]) -> StepResult:
        error = future.exception()
        if error is not None:
            return StepResult(
                step, Outcome.FAILED, RunResult(errors=(ResourceError(message=str(error)),))
            )
        run = future.result()
        if run.ok:
            return StepResult(step, Outcome.SUCCEEDED, run)
        return StepResult(step, Outcome.FAILED if run.errors else Outcome.CANCELLED, run)

    def _settle(self, result: StepResult) -> None:
        self._results[result.step.layer] = result
        self._settled(result)
