"""A whole validation in one process: several items at a time, checkpoints, a clean stop.

Each worker has sessions of its own, so that memory and load are bounded by the number of workers.
A run that was stopped or broke off goes on where its store says, by the same call.
"""

import threading
from datetime import UTC, datetime

from functions.data_validation import report_json
from functions.data_validation.checkpoints import PLAN, REPORT, Store
from functions.data_validation.checkpoints import item as item_name
from functions.data_validation.comparison import Limits
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.positions import choose_positions
from functions.data_validation.preparation import (
    Catalogue,
    Plan,
    Selection,
    dump_plan,
    finish,
    load_plan,
    prepare,
    read_catalogue,
    require_same,
)
from functions.data_validation.report import Report
from functions.data_validation.sessions import Sides
from functions.data_validation.workers import Endpoints, Unwatched, Watcher, Workers, opened
from functions.runtime.errors import DatabaseError

CONCURRENCY = 2


def validate(
    endpoints: Endpoints,
    selection: Selection,
    *,
    limits: Limits | None = None,
    concurrency: int = CONCURRENCY,
    store: Store | None = None,
    watcher: Watcher | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Compare two databases and return the report, which is in the store too.

    `limits.max_rate` is for the whole run. A table that a side refuses to read is unverified;
    a side that is lost for long ends the run with SideUnavailableError. Raises StoppedError after
    `stop` was set, UnusableInputError when nothing was compared, CheckpointError. After all but
    UnusableInputError the same call with the same store goes on.
    """
    _require_unfinished(store)
    with opened(endpoints.source, endpoints.target, selection.direction) as writers:
        replication = choose_positions(writers, selection.replication).describe()
        catalogue = read_catalogue(writers, selection)
        plan = _resumed(store, selection, catalogue)
        if plan is None:
            plan = _begun(store, writers, selection, catalogue, replication)
        workers = Workers(
            endpoints, plan, catalogue, store, watcher or Unwatched(), stop or threading.Event()
        )
        workers.compare(limits or Limits(), concurrency, writers)
    report = finish(plan, workers.cursors, _now(), _hindrance(endpoints, workers, plan))
    if store is not None and not workers.refused:
        store.save(REPORT, report_json.to_json(report))
    return report


def _require_unfinished(store: Store | None) -> None:
    """Raise UnusableInputError when the store's run has ended: its verdict is of another day."""
    document = None if store is None else store.load(REPORT)
    if document is not None:
        ended = report_json.from_json(document).ended
        raise UnusableInputError(
            f"the checkpoint is of a comparison that was finished at {ended};"
            " a new one needs a new checkpoint"
        )


def _resumed(store: Store | None, selection: Selection, catalogue: Catalogue) -> Plan | None:
    if store is None:
        return None
    document = store.load(PLAN)
    if document is None:
        if store.load(item_name(0)) is not None:
            raise CheckpointError(f"the checkpoint has parts of a comparison without its {PLAN}")
        return None
    plan = load_plan(document)
    require_same(plan, selection, catalogue)
    return plan


def _begun(
    store: Store | None,
    writers: Sides,
    selection: Selection,
    catalogue: Catalogue,
    replication: str,
) -> Plan:
    started = _now()
    run = started.translate({ord("-"): None, ord(":"): None})
    plan = prepare(writers, selection, catalogue, run=run, started=started, replication=replication)
    if store is not None:
        store.save(PLAN, dump_plan(plan))
    return plan


def _hindrance(endpoints: Endpoints, workers: Workers, plan: Plan) -> str | None:
    """Ask why rows could not be verified, if any."""
    if not any(cursor.totals.unverified for cursor in workers.cursors):
        return None
    try:
        with opened(endpoints.source, endpoints.target, plan.selection.direction) as writers:
            return choose_positions(writers, plan.conditions.replication).reason()
    except (DatabaseError, UnusableInputError) as error:
        return str(error)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
