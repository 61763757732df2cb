"""What a user reads of a workflow: a line for each state, how far replication is, the end."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Self

from rich.console import Console
from rich.status import Status

from migration.definition import following
from migration.history import Visit
from migration.replication import Progress
from migration.report import CUT_OVER, FAILED, NOT_CUT_OVER, ROLLED_BACK, WorkflowReport

LINE_SECONDS = 10.0
_STYLES = {CUT_OVER: "green", ROLLED_BACK: "green", NOT_CUT_OVER: "yellow", FAILED: "red"}
_MOST_SHOWN = 3
_ACTING = ("Task", "Map", "Parallel")


class View:
    """Shows one execution while it runs: new states at once, how far it is now and then.

    On a terminal the latter is one line that changes in place.
    """

    def __init__(
        self,
        console: Console,
        definition: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Print to `console`; the definition says what happens next."""
        self._console = console
        self._definition = definition
        self._clock = clock
        self._shown: set[str] = set()
        self._told = clock()
        self._rows: tuple[float, int] | None = None
        self._status: Status | None = console.status("starting") if console.is_terminal else None

    def __enter__(self) -> Self:
        """Begin to show."""
        self._context: AbstractContextManager[Any] = self._status or nullcontext()
        self._context.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        """Take away the line that changes."""
        self._context.__exit__(None, None, None)

    def show(self, visits: Sequence[Visit], progress: Progress | None, elapsed: float) -> None:
        """Show what is new: states entered for the first time, else how far it is."""
        for visit in visits:
            if visit.state not in self._shown and self._acts(visit.state):
                self._shown.add(visit.state)
                self._told = self._clock()
                self._print(f"{_clock_time(visit.entered)}  {visit.state}")
        if not visits:
            return
        text = self._situation(visits[-1].state, progress, elapsed)
        if self._status is not None:
            self._status.update(text)
        elif self._clock() - self._told >= LINE_SECONDS:
            self._told = self._clock()
            self._print(f"          {text}")

    def _acts(self, state: str) -> bool:
        """Tell whether a state does something, and is not one inside of another."""
        return self._definition["States"].get(state, {}).get("Type") in _ACTING

    def _situation(self, state: str, progress: Progress | None, elapsed: float) -> str:
        parts = [f"{elapsed:,.0f} s in all, in {state}"]
        if progress is not None:
            parts.append(
                f"{progress.loaded} of {len(progress.tables)} tables loaded,"
                f" {progress.rows:,} rows{self._rate(progress.rows)}"
            )
            if progress.lag_seconds is not None:
                parts.append(f"lag {progress.lag_seconds:.1f} s")
        upcoming = following(self._definition, state)[:_MOST_SHOWN]
        if upcoming:
            parts.append(f"next: {' or '.join(upcoming)}")
        return "; ".join(parts)

    def _rate(self, rows: int) -> str:
        now, before = self._clock(), self._rows
        self._rows = (now, rows)
        if before is None or rows <= before[1] or now <= before[0]:
            return ""
        return f" ({(rows - before[1]) / (now - before[0]):,.0f} rows/s)"

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_end(console: Console, report: WorkflowReport) -> None:
    """Print what came of an execution: the cutover's steps, the verdict, and why."""
    if report.cutover is not None:
        for line in _cutover_lines(report.cutover, report.verdict):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.execution.error:
        cause = report.execution.cause or "no cause was given"
        text = f"{report.execution.error}: {cause}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    style = _STYLES.get(report.verdict, "yellow")
    words = report.verdict.replace("_", " ")
    console.print(
        f"[bold {style}]{words}[/] after {report.seconds:,.1f} s  ({report.execution.name})",
        highlight=False,
        soft_wrap=True,
    )


def _cutover_lines(cutover: Mapping[str, Any], verdict: str) -> list[str]:
    lines = []
    steps = cutover.get("steps") or []
    if steps:
        listed = ", ".join(f"{step['step']} {step['milliseconds']:,.1f} ms" for step in steps)
        lines.append(f"cutover: {listed}")
    window = cutover.get("window_milliseconds")
    if window is not None:
        lines.append(f"window, fence to route: {window:,.1f} ms")
    if cutover.get("reason"):
        lines.append(f"reason: {cutover['reason']}")
    # What failed after its cutover was rolled back, which is another execution's to tell.
    then = "was then" if verdict == FAILED and window is not None else "is"
    lines.append(f"traffic {then} on the {cutover['active']}, epoch {cutover['epoch']}")
    return lines


def _clock_time(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M:%S}"
