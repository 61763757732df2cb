"""The three steps of a deployed validation, each one invocation: plan, compare an item, finish.

    plan ──> plan.json, options.json, items.json
    compare(n) ──> items/n.json, over and over until the item is finished
    finish ──> report.json

Nothing is kept between invocations but what is in the bucket, so any of them may die and be
repeated. Answers are small whatever is found.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from functions.data_validation import preparation
from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor
from functions.data_validation.direction import Direction
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.events import Events
from functions.data_validation.metrics import Work
from functions.data_validation.plain_data import dumped
from functions.data_validation.positions import Positions, choose_positions
from functions.data_validation.preparation import Plan
from functions.data_validation.refusals import refused
from functions.data_validation.request import parse
from functions.data_validation.run_state import RunState
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Method, Subject
from functions.runtime.errors import ContendedError, DatabaseError, SideUnavailableError

CHECKPOINT_SECONDS = 2.0
"""Work that is done again at most after an invocation was killed."""

RESERVED_SHARE = 0.25
"""Of an invocation's time, kept for the step that is under way when it is time to stop."""

MOST_RESERVED_SECONDS = 60.0

Remaining = Callable[[], float]
"""Seconds until the invocation is ended."""


class Surroundings(Protocol):
    """What the steps reach: the databases, the bucket, the parameters and the event bus."""

    @property
    def events(self) -> Events:
        """Publishes events."""
        ...

    def state(self, run: str) -> RunState:
        """Return the state of a run."""
        ...

    def defaults(self) -> Mapping[str, str]:
        """Return the parameters of validations, by name."""
        ...

    def writers(
        self, statement_timeout: float, direction: Direction
    ) -> AbstractContextManager[Sides]:
        """Connect to both writers, which end any statement after so many seconds."""
        ...

    def report_work(self, work: Work) -> None:
        """Write the metrics of an invocation."""
        ...


class Steps:
    """The steps, over given surroundings."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def plan(self, given: Any, execution: str, remaining: Remaining) -> dict[str, Any]:
        """Plan a run, or take up its plan again; answer where its items are.

        Raises UnusableInputError for a request that cannot be met, or that is not the run's.
        """
        request = parse(given, execution, self._surroundings.defaults())
        state = self._surroundings.state(request.run)
        state.require_unfinished()
        with self._surroundings.writers(
            _reserved(remaining), request.selection.direction
        ) as writers:
            replication = choose_positions(writers, request.selection.replication).describe()
            catalogue = preparation.read_catalogue(writers, request.selection)
            plan = state.planned()
            if plan is None:
                plan = preparation.prepare(
                    writers,
                    request.selection,
                    catalogue,
                    run=request.run,
                    started=_now(),
                    replication=replication,
                )
            else:
                preparation.require_same(plan, request.selection, catalogue)
        items_key = state.begin(plan, request.options, replication)
        self._surroundings.events.started(plan)
        return {
            "run": request.run,
            "tables": len(plan.tables),
            "items": len(plan.items),
            "items_key": items_key,
            "concurrency": request.options.concurrency,
        }

    def compare(self, run: str, number: int, remaining: Remaining) -> dict[str, Any]:
        """Go on with an item until it is finished or time is nearly up; answer whether it is."""
        state = self._surroundings.state(run)
        plan = state.plan
        cursor = state.cursor(plan, number)
        if not cursor.finished:
            cursor = self._advanced(state, plan, number, cursor, remaining)
        return {
            "done": cursor.finished,
            "run": run,
            "item": number,
            "table": cursor.item.label,
            "mismatches": _mismatches(cursor),
            "unverified": cursor.totals.unverified,
            "suspects": len(cursor.suspects),
        }

    def finish(self, run: str, remaining: Remaining) -> dict[str, Any]:
        """Merge what the items found into the report; answer the verdict and the counts."""
        state = self._surroundings.state(run)
        plan = state.plan
        cursors = state.finished_cursors(plan)
        report = preparation.finish(
            plan, cursors, _now(), self._hindrance(plan, cursors, remaining)
        )
        location = state.end(report)
        self._surroundings.events.completed(report, location)
        return {
            "run": run,
            "verdict": report.outcome.value,
            "tables": len(report.tables),
            "schema_differences": len(report.schema),
            "tables_on_one_side": len(report.on_one_side),
            "totals": dumped(report.totals),
            "report": location,
        }

    def _advanced(
        self, state: RunState, plan: Plan, number: int, cursor: Cursor, remaining: Remaining
    ) -> Cursor:
        """Take steps until the item is finished or time is nearly up."""
        reserved = _reserved(remaining)
        after = cursor
        with self._surroundings.writers(reserved, plan.selection.direction) as writers:
            comparison, positions = _comparison(state, plan, cursor, writers)
            steps = self._told(plan.run, cursor, _steps(comparison, cursor))
            # Closed here and not by the garbage collector, which would pass over a failure.
            with closing(_checkpointed(state, number, steps)) as saved:
                for step in saved:
                    after = step
                    if remaining() <= reserved:
                        break
            self._measure(cursor, after, positions)
        return after

    def _hindrance(self, plan: Plan, cursors: Sequence[Cursor], remaining: Remaining) -> str | None:
        """Ask why rows could not be verified, if any."""
        if not any(cursor.totals.unverified for cursor in cursors):
            return None
        try:
            with self._surroundings.writers(
                _reserved(remaining), plan.selection.direction
            ) as writers:
                return choose_positions(writers, plan.conditions.replication).reason()
        except (DatabaseError, UnusableInputError) as error:
            return str(error)

    def _told(self, run: str, cursor: Cursor, cursors: Iterable[Cursor]) -> Iterator[Cursor]:
        """Pass cursors on; tell of an item's first difference, and of all at its end."""
        for after in cursors:
            if _mismatches(after) and (after.finished or not _mismatches(cursor)):
                self._surroundings.events.mismatch_found(run, after)
            cursor = after
            yield after

    def _measure(self, before: Cursor, after: Cursor, positions: Positions) -> None:
        lag = None
        with suppress(DatabaseError):
            lag = positions.lag()
        self._surroundings.report_work(
            Work(
                after.item.label,
                before.totals,
                after.totals,
                lag.bytes if lag else None,
                lag.seconds if lag else None,
            )
        )


def _comparison(
    state: RunState, plan: Plan, cursor: Cursor, writers: Sides
) -> tuple[Comparison, Positions]:
    """Build the comparison of an item, after making sure that its tables are still the same."""
    options, replication = state.options()
    catalogue = preparation.read_catalogue(writers, plan.selection)
    preparation.require_same(plan, plan.selection, catalogue)
    subject = Subject(
        catalogue.pair(cursor.item), Method(plan.conditions.method), plan.selection.seed
    )
    positions = choose_positions(writers, replication)
    limits = Limits(max_rate=options.rate_of_item, recheck_seconds=options.recheck_seconds)
    return Comparison(subject, writers, writers, positions, limits), positions


def _checkpointed(
    state: RunState, number: int, cursors: Iterable[Cursor]
) -> Generator[Cursor, None, None]:
    """Pass cursors on; save one every few seconds, and the last."""
    unsaved: Cursor | None = None
    saved_at = time.monotonic()
    try:
        for cursor in cursors:
            unsaved = cursor
            if time.monotonic() - saved_at >= CHECKPOINT_SECONDS:
                state.save_cursor(number, cursor)
                unsaved, saved_at = None, time.monotonic()
            yield cursor
    finally:
        if unsaved is not None:
            state.save_cursor(number, unsaved)


def _steps(comparison: Comparison, cursor: Cursor) -> Iterator[Cursor]:
    """Yield the cursor after each step; a table that a side refuses to read ends unverified."""
    try:
        for after in comparison.advance(cursor):
            cursor = after
            yield after
    except (SideUnavailableError, ContendedError):
        raise
    except DatabaseError as error:
        yield replace(cursor, finished=True, stopped_early=refused(error))


def _reserved(remaining: Remaining) -> float:
    """Return the seconds before the end at which work stops; no statement may take longer."""
    return min(MOST_RESERVED_SECONDS, remaining() * RESERVED_SHARE)


def _mismatches(cursor: Cursor) -> int:
    return cursor.totals.missing + cursor.totals.extra + cursor.totals.different


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
