"""Live progress of the layers: bars on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from deploy.events import Diagnostic, Event, Operation, Phase, ResourceEvent
from deploy.plan import Plan, Step, Verb
from deploy.scheduler import Outcome, StepResult

SIGNS = {
    Operation.CREATE: "+",
    Operation.UPDATE: "~",
    Operation.REPLACE: "±",
    Operation.DELETE: "-",
    Operation.READ: "»",
    Operation.SAME: "=",
}
_STARTED = "▶"
_FAILED = "✗"
_OUTCOME_SIGNS = {
    Outcome.SUCCEEDED: "✓",
    Outcome.FAILED: _FAILED,
    Outcome.BLOCKED: "⊘",
    Outcome.CANCELLED: "■",
}


_UNCHANGED = (Operation.SAME, Operation.READ)
_SHOWN = frozenset({"warning", "error"})
"""Severities that are shown while a layer runs; what its program prints is in its log."""


def _first_line(event: Diagnostic) -> str:
    """Return a warning whole; of an error the first line: all of it is told in the end."""
    return event.message if event.severity == "warning" else event.message.partition("\n")[0]


class ProgressView(Protocol):
    """What shows a run while it goes on; its methods are called from several threads."""

    def started(self, step: Step) -> None:
        """Show that a layer is under way."""
        ...

    def event(self, layer: str, event: Event) -> None:
        """Show what an engine says of a layer."""
        ...

    def settled(self, result: StepResult) -> None:
        """Show that a layer has ended."""
        ...


def outcome_line(result: StepResult) -> str:
    """Return one line that says how a layer ended, for example ``✓ network succeeded …``."""
    line = f"{_OUTCOME_SIGNS[result.outcome]} {result.step.layer} {result.outcome}"
    if result.outcome is Outcome.BLOCKED:
        return f"{line}: {result.cause} failed"
    if result.run is None:
        return line
    counts = ", ".join(f"{n} {operation}" for operation, n in result.run.counts.items() if n)
    idle = "nothing to do" if result.outcome is Outcome.SUCCEEDED else "nothing done"
    if result.step.verb is Verb.DRIFT:
        idle = "compared"
    return f"{line} in {result.run.seconds:.1f} s ({counts or idle})"


class LineProgress:
    """One line for each change, fit for a log file."""

    def __init__(self, plan: Plan, console: Console, doing: str | None = None) -> None:
        self._console = console
        self._doing = doing
        self._width = max((len(layer) for layer in plan.layers), default=0)

    def started(self, step: Step) -> None:
        """Print the layer's first line."""
        self._line(step.layer, _STARTED, f"{self._doing or step.verb} …")

    def event(self, layer: str, event: Event) -> None:
        """Print what changed; what is only read or stays as it is would hide it."""
        if isinstance(event, Diagnostic):
            if event.severity in _SHOWN:
                self._line(layer, event.severity, _first_line(event))
        elif event.phase is Phase.FAILED:
            self._line(layer, _FAILED, f"{event.name} ({event.type}): {event.message}")
        elif event.phase is Phase.FINISHED and event.operation not in _UNCHANGED:
            changed = f"  [{', '.join(event.changed)}]" if event.changed else ""
            self._line(layer, SIGNS[event.operation], f"{event.name} ({event.type}){changed}")

    def settled(self, result: StepResult) -> None:
        """Print the layer's last line."""
        self._console.print(outcome_line(result), markup=False, highlight=False, soft_wrap=True)

    def _line(self, layer: str, sign: str, text: str) -> None:
        self._console.print(
            f"{layer:{self._width}} {sign} {text}", markup=False, highlight=False, soft_wrap=True
        )


class BarProgress:
    """One bar a layer. A layer that was never deployed has a counter instead of a length."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._active: dict[str, list[str]] = {layer: [] for layer in plan.layers}
        self._tasks: dict[str, TaskID] = {
            step.layer: progress.add_task(
                step.layer, total=step.resources or None, start=False, now="", sign=" "
            )
            for step in plan.steps
        }

    def started(self, step: Step) -> None:
        """Start the layer's clock."""
        self._progress.update(self._tasks[step.layer], sign=_STARTED, now="starting")
        self._progress.start_task(self._tasks[step.layer])

    def event(self, layer: str, event: Event) -> None:
        """Advance the layer's bar and name what is being worked on."""
        if isinstance(event, Diagnostic):
            if event.severity in _SHOWN:
                self._progress.console.print(
                    f"{layer} {event.severity} {_first_line(event)}", markup=False, highlight=False
                )
            return
        with self._lock:
            self._advance(layer, event)

    def settled(self, result: StepResult) -> None:
        """Close the layer's bar."""
        task = self._tasks[result.step.layer]
        done = self._progress.tasks[task].completed
        self._progress.update(
            task,
            total=done or 1,
            completed=done or 1,
            sign=_OUTCOME_SIGNS[result.outcome],
            now=f"blocked by {result.cause}" if result.cause else str(result.outcome),
        )
        self._progress.stop_task(task)

    def _advance(self, layer: str, event: ResourceEvent) -> None:
        task, active = self._tasks[layer], self._active[layer]
        if event.phase is Phase.STARTED:
            active.append(event.name)
        else:
            if event.name in active:
                active.remove(event.name)
            self._progress.advance(task)
            completed, total = (
                self._progress.tasks[task].completed,
                self._progress.tasks[task].total,
            )
            if total is not None and completed > total:
                self._progress.update(task, total=completed)
        more = f" and {len(active) - 1} more" if len(active) > 1 else ""
        self._progress.update(task, now=f"{active[-1]}{more}" if active else "")


@contextmanager
def show_progress(
    plan: Plan, console: Console | None = None, doing: str | None = None
) -> Iterator[ProgressView]:
    """Show a run on the console: bars when it is a terminal, lines otherwise.

    `doing` names what is done with the plan, where that is not the plan's own verb.
    """
    console = console or Console(file=sys.stdout)
    if not console.is_terminal:
        yield LineProgress(plan, console, doing)
        return
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.fields[sign]} {task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", style="dim"),
    )
    with Progress(*columns, console=console) as progress:
        yield BarProgress(plan, progress)
