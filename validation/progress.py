"""How far a validation has come: bars on a terminal, a line now and then elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from functions.data_validation.cursor import Totals
from functions.data_validation.describe import counted
from functions.data_validation.preparation import Plan

LINE_SECONDS = 5.0
MOST_BARS = 8
"""Tables that have a bar at the same time; the last bar is of all together."""


class Watch:
    """What both views know: rows of each table, done and estimated. `plan` is None until known.

    A subclass shows it. Several threads report; `changed` is called by one at a time.
    """

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}
        self._estimated: dict[str, int] = {}
        self._finished: set[str] = set()

    def planned(self, plan: Plan, rows_before: int) -> None:
        """Everything is known that will be compared."""
        self._estimated = {table.table: max(0, table.estimated_rows) for table in plan.tables}
        self._done = dict.fromkeys(self._estimated, 0)
        self.plan = plan
        self.began(rows_before)

    def advanced(self, table: str, totals: Totals, *, finished: bool) -> None:
        """A table has come so far."""
        with self._lock:
            self._done[table] = max(totals.source_rows, totals.target_rows)
            if finished:
                self._finished.add(table)
            self.changed(table)

    @property
    def done(self) -> int:
        """Rows that have been compared."""
        return sum(self._done.values())

    @property
    def expected(self) -> int:
        """Rows that there will be in all, as far as one can tell: estimates may be too low."""
        return sum(self.expected_of(table) for table in self._estimated)

    def expected_of(self, table: str) -> int:
        """Rows of one table, exact once it is finished."""
        done = self._done[table]
        return done if table in self._finished else max(done, self._estimated[table])

    def began(self, rows_before: int) -> None:
        """Show what will be compared; `rows_before` were, in an earlier part of the run."""

    def changed(self, table: str) -> None:
        """Show how far a table has come."""


class LineWatch(Watch):
    """Plain lines, fit for a log file."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._console = console
        self._clock = clock
        self._started = self._told = clock()
        self._rows_before = 0

    def began(self, rows_before: int) -> None:
        """Print what will be compared."""
        self._started = self._told = self._clock()
        self._rows_before = rows_before
        before = f", {rows_before:,} of them compared before" if rows_before else ""
        tables = counted(len(self._estimated), "table")
        self._print(f"comparing {tables}, about {self.expected:,} rows{before}")

    def changed(self, table: str) -> None:
        """Print a line, if the last one is some time ago."""
        now = self._clock()
        if now - self._told < LINE_SECONDS:
            return
        self._told = now
        done, expected = self.done, self.expected
        rate = (done - self._rows_before) / (now - self._started)
        left = f", {(expected - done) / rate:,.0f} s left" if rate else ""
        self._print(
            f"{done:,} of about {expected:,} rows, {rate:,.0f} rows/s{left}; "
            f"{len(self._finished):,} of {len(self._estimated):,} tables done"
        )

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class BarWatch(Watch):
    """A bar for every table that is being compared, and one for all together."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._all = progress.add_task("preparing", total=None)

    def began(self, rows_before: int) -> None:
        """Turn the bar of all from waiting to counting."""
        total = self.expected or None
        self._progress.reset(self._all, description="all", total=total, completed=rows_before)

    def changed(self, table: str) -> None:
        """Advance the table's bar and that of all; a finished table needs none."""
        if table in self._finished:
            self._remove(table)
        elif self._done[table] and (table in self._bars or len(self._bars) < MOST_BARS):
            self._advance(table)
        self._progress.update(self._all, completed=self.done, total=self.expected or None)

    def _advance(self, table: str) -> None:
        total = self.expected_of(table)
        if table not in self._bars:
            self._bars[table] = self._progress.add_task(
                table, total=total, completed=self._done[table]
            )
        self._progress.update(self._bars[table], completed=self._done[table], total=total)

    def _remove(self, table: str) -> None:
        bar = self._bars.pop(table, None)
        if bar is not None:
            self._progress.remove_task(bar)


class RowsPerSecondColumn(ProgressColumn):
    """The rate of late, as rich's own columns measure it."""

    def render(self, task: Task) -> Text:
        """Return the rate, empty while there is none."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} rows/s" if speed else "")


@contextmanager
def show_progress(console: Console) -> Iterator[Watch]:
    """Show a run on the console while it lasts; nothing of a bar stays."""
    if not console.is_terminal:
        yield LineWatch(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f} rows"),
        RowsPerSecondColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield BarWatch(progress)
