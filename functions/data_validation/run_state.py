"""The state of a deployed run, which is all in the bucket: plan, options, cursors, report."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from functions.data_validation import cursor_json, preparation, report_json
from functions.data_validation.checkpoints import OPTIONS, PLAN, REPORT, S3Store, item
from functions.data_validation.cursor import Cursor
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.plain_data import dumped, loaded
from functions.data_validation.preparation import Plan
from functions.data_validation.report import Report
from functions.data_validation.request import Options

_READERS = 16
"""Cursors read at the same time: reading one takes tens of milliseconds, nearly all of it wait."""


class RunState:
    """What a run has come to. Every method may raise CheckpointError."""

    def __init__(self, store: S3Store) -> None:
        """Keep the state in `store`, which is the run's own."""
        self._store = store

    def require_unfinished(self) -> None:
        """Raise UnusableInputError when the run has ended: its verdict is of another time."""
        document = self._store.load(REPORT)
        if document is not None:
            report = report_json.from_json(document)
            raise UnusableInputError(
                f"run {report.run} was finished at {report.ended}: give the new one another name"
            )

    def planned(self) -> Plan | None:
        """Return the plan, None before there is one."""
        document = self._store.load(PLAN)
        return None if document is None else preparation.load_plan(document)

    @property
    def plan(self) -> Plan:
        """The plan; there has to be one."""
        plan = self.planned()
        if plan is None:
            raise CheckpointError("the run has no plan")
        return plan

    def begin(self, plan: Plan, options: Options, replication: str) -> str:
        """Save a plan and how it is carried out; return the key of its items' array.

        `replication` is what positions call themselves. What a run began with stays, because the
        marks in its cursors mean nothing to another. The plan comes last: where it is, the rest
        is too.
        """
        document = self._store.load(OPTIONS)
        begun_with = replication if document is None else _replication(document)
        self._store.save(OPTIONS, {"options": dumped(options), "replication": begun_with})
        key = self._store.write_items(len(plan.items))
        if self._store.load(PLAN) is None:
            self._store.save(PLAN, preparation.dump_plan(plan))
        return key

    def options(self) -> tuple[Options, str]:
        """Return load and patience, and the choice of positions."""
        document = self._store.load(OPTIONS)
        if document is None:
            raise CheckpointError(f"the run has no {OPTIONS}")
        return loaded(Options, document.get("options"), "options"), _replication(document)

    def cursor(self, plan: Plan, number: int) -> Cursor:
        """Return how far an item is; a fresh cursor for one that was not begun."""
        if not 0 <= number < len(plan.items):
            raise CheckpointError(f"run {plan.run} has no item {number}")
        fresh = Cursor(plan.items[number])
        document = self._store.load(item(number))
        if document is None:
            return fresh
        cursor = cursor_json.load(document)
        if cursor.item != fresh.item:
            raise CheckpointError(f"{item(number)} is of another item than the plan's")
        return cursor

    def save_cursor(self, number: int, cursor: Cursor) -> None:
        """Save how far an item is. Raises CheckpointConflictError, see checkpoints.S3Store."""
        self._store.save(item(number), cursor_json.dump(cursor))

    def finished_cursors(self, plan: Plan) -> list[Cursor]:
        """Return the cursors of all items. Raises CheckpointError unless all are finished."""
        with ThreadPoolExecutor(_READERS) as pool:
            cursors = list(
                pool.map(lambda number: self.cursor(plan, number), range(len(plan.items)))
            )
        unfinished = sum(not cursor.finished for cursor in cursors)
        if unfinished:
            raise CheckpointError(f"{unfinished} items of run {plan.run} are not finished")
        return cursors

    def end(self, report: Report) -> dict[str, str]:
        """Save the report; return where it is: `bucket` and `key`. A second time replaces it."""
        self._store.load(REPORT)
        self._store.save(REPORT, report_json.to_json(report))
        return self._store.location(REPORT)


def _replication(document: Mapping[str, object]) -> str:
    replication = document.get("replication")
    if not isinstance(replication, str):
        raise CheckpointError(f"{OPTIONS} does not name the replication")
    return replication
