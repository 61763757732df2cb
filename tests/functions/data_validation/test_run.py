"""A whole validation in one process: what it finds, how it stops, and how it goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from functions.data_validation.checkpoints import PLAN, REPORT, FolderStore, item
from functions.data_validation.comparison import Limits
from functions.data_validation.cursor import Totals
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.preparation import Plan, Selection
from functions.data_validation.replica import await_replica
from functions.data_validation.report import Outcome, Report
from functions.data_validation.report_json import from_json
from functions.data_validation.run import validate
from functions.data_validation.sessions import Session
from functions.data_validation.workers import Endpoints, StoppedError
from functions.runtime.errors import SideUnavailableError
from tests.functions.data_validation.support import Databases
from validation.psycopg_session import connect

pytestmark = pytest.mark.postgres

ROWS = 3_000
ROWS_ONLY = Selection(compare_schema=False)
SMALL_CHUNKS = Limits(first_chunk_rows=100, max_chunk_rows=100, recheck_seconds=1)
TABLES = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric, note text);"
    f"INSERT INTO orders SELECT n, n * 1.5, 'note ' || n FROM generate_series(1, {ROWS}) AS n;"
    "CREATE TABLE events (at timestamptz, kind text);"
    "INSERT INTO events SELECT '2024-01-01', 'kind ' || n % 3 FROM generate_series(1, 200) AS n;"
    "ANALYZE orders, events"
)


def endpoints(databases: Databases) -> Endpoints:
    source, target = databases.urls
    return Endpoints(lambda: connect(source), lambda: connect(target))


class Stopper:
    """Stops a run when `table` has come to `rows`; remembers what it was told."""

    def __init__(self, table: str, rows: int, stop: Callable[[], None]) -> None:
        self._table = table
        self._rows = rows
        self._stop = stop
        self.rows_before: int | None = None
        self.tables: tuple[str, ...] = ()
        self.finished: set[str] = set()

    def planned(self, plan: Plan, rows_before: int) -> None:
        self.tables = tuple(table.table for table in plan.tables)
        self.rows_before = rows_before

    def advanced(self, table: str, totals: Totals, *, finished: bool) -> None:
        if finished:
            self.finished.add(table)
        if table == self._table and totals.source_rows >= self._rows:
            self._stop()


def verdicts(report: Report) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    return {
        table.table: (table.outcome, [(f.kind, f.where) for f in table.findings])
        for table in report.tables
    }


def plant_differences(databases: Databases) -> None:
    databases.target.execute("DELETE FROM orders WHERE id = 1")
    databases.target.execute("UPDATE orders SET amount = 1500.00 WHERE id = 1000")
    databases.target.execute("INSERT INTO orders VALUES (0, 0, NULL)")
    databases.target.execute("INSERT INTO events VALUES ('2024-01-01', 'kind 9')")


def test_equal_databases_are_equal_by_data_and_schema(databases: Databases) -> None:
    databases.execute(TABLES)

    report = validate(endpoints(databases), Selection())

    assert report.outcome is Outcome.EQUAL
    assert report.schema == ()
    assert {t.table: t.totals.source_rows for t in report.tables} == {
        "public.events": 200,
        "public.orders": ROWS,
    }
    assert report.conditions.replication == "none"
    assert (report.conditions.source_version, report.conditions.target_version) == ("17.10", "18.1")


def test_every_difference_is_found_in_parts_and_by_several_workers(databases: Databases) -> None:
    databases.execute(TABLES)
    plant_differences(databases)

    whole = validate(endpoints(databases), ROWS_ONLY, concurrency=1)
    parts = validate(
        endpoints(databases), replace(ROWS_ONLY, rows_per_item=500), limits=SMALL_CHUNKS
    )

    found = verdicts(whole)
    assert found["public.orders"] == (
        Outcome.DIFFERENT,
        [("extra", '"id" = 0'), ("missing", '"id" = 1'), ("different", '"id" = 1000')],
    )
    assert [kind for kind, _ in found["public.events"][1]] == ["extra"]
    assert verdicts(parts) == found
    amount = next(f for t in whole.tables for f in t.findings if f.columns).columns
    assert [(c.column, c.source, c.target) for c in amount] == [
        ("amount", "numeric, 5 digits, scale 1", "numeric, 6 digits, scale 2")
    ]


def test_what_is_on_one_side_only_makes_the_databases_different(databases: Databases) -> None:
    databases.execute(TABLES)
    databases.target.execute("CREATE TABLE added (id int); ALTER TABLE orders ADD more int")

    report = validate(endpoints(databases), ROWS_ONLY)

    assert report.schema == ()
    assert [(one.table, one.side) for one in report.on_one_side] == [("public.added", "target")]
    assert {t.table: t.columns_on_one_side for t in report.tables} == {
        "public.events": (),
        "public.orders": ("more",),
    }
    assert report.outcome is Outcome.DIFFERENT


def test_named_tables_bring_their_own_schema_differences_only(databases: Databases) -> None:
    databases.execute(TABLES)
    databases.target.execute(
        "CREATE INDEX by_note ON orders (note); ALTER TABLE events ALTER kind SET NOT NULL;"
        "CREATE TABLE added (id int)"
    )

    report = validate(endpoints(databases), Selection(tables=("public.orders",)))

    assert [table.table for table in report.tables] == ["public.orders"]
    assert [(d.kind, d.object) for d in report.schema] == [("index", "public.by_note")]
    assert report.on_one_side == ()


def test_a_stopped_run_goes_on_where_it_was_and_comes_to_the_same_verdict(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    plant_differences(databases)
    selection = replace(ROWS_ONLY, rows_per_item=1_000)
    expected = validate(endpoints(databases), selection, limits=SMALL_CHUNKS)
    store = FolderStore(tmp_path / "state")
    stops = 0
    rows = 700
    while True:
        stop = threading.Event()
        watcher = Stopper("public.orders", rows, stop.set)
        try:
            report = validate(
                endpoints(databases),
                selection,
                limits=SMALL_CHUNKS,
                store=store,
                watcher=watcher,
                stop=stop,
            )
            break
        except StoppedError:
            stops += 1
            rows += 700

    assert stops >= 3
    assert watcher.rows_before is not None
    assert watcher.rows_before >= 2_000
    assert verdicts(report) == verdicts(expected)
    assert {t.table: replace(t.totals, seconds=0, chunks=0) for t in report.tables} == {
        t.table: replace(t.totals, seconds=0, chunks=0) for t in expected.tables
    }
    assert from_json(store.load(REPORT) or {}) == report
    assert watcher.finished == {"public.events", "public.orders"}


def test_a_finished_checkpoint_is_not_taken_for_a_new_comparison(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    store = FolderStore(tmp_path)
    validate(endpoints(databases), ROWS_ONLY, store=store)
    plant_differences(databases)

    with pytest.raises(UnusableInputError, match="finished at"):
        validate(endpoints(databases), ROWS_ONLY, store=store)


def test_parts_of_an_earlier_comparison_do_not_count_without_its_plan(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    validate(endpoints(databases), ROWS_ONLY, store=FolderStore(tmp_path))
    (tmp_path / PLAN).unlink()
    (tmp_path / REPORT).unlink()
    databases.target.execute("DELETE FROM orders")
    with pytest.raises(CheckpointError, match="without its plan"):
        validate(endpoints(databases), ROWS_ONLY, store=FolderStore(tmp_path))


def test_a_checkpoint_is_refused_for_other_options_databases_and_tables(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    store = FolderStore(tmp_path)
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        validate(endpoints(databases), ROWS_ONLY, store=store, stop=stop)
    assert store.load(PLAN)

    with pytest.raises(UnusableInputError, match="other options: seed was 0"):
        validate(endpoints(databases), replace(ROWS_ONLY, seed=1), store=store)
    databases.execute("ALTER TABLE orders ADD more int")
    with pytest.raises(UnusableInputError, match="tables have changed"):
        validate(endpoints(databases), ROWS_ONLY, store=store)


def test_a_table_that_may_not_be_read_is_unverified_and_tried_again_later(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    hide, show = (
        "ALTER TABLE orders FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
    )
    databases.target.execute(hide.encode())
    store = FolderStore(tmp_path)

    refused = validate(endpoints(databases), ROWS_ONLY, store=store)
    databases.target.execute(show.encode())
    allowed = validate(endpoints(databases), ROWS_ONLY, store=store)

    tables = {table.table: table for table in refused.tables}
    assert refused.outcome is Outcome.UNVERIFIED
    reason = tables["public.orders"].stopped_early or ""
    assert "42501" in reason
    assert "row-level security" in reason
    assert tables["public.events"].outcome is Outcome.EQUAL
    assert allowed.outcome is Outcome.EQUAL


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(tables=("public.orders", "public.oders")), "table public.oders"),
        (Selection(schemas=("public", "shop"), compare_schema=False), "in schema shop"),
        (Selection(schemas=("shop",)), "in schema shop"),
        (Selection(replication="slot:nobody"), "nobody"),
        (Selection(ignored=("colour",)), "colour"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is(
    databases: Databases, selection: Selection, message: str
) -> None:
    databases.execute(TABLES)

    with pytest.raises(UnusableInputError, match=message):
        validate(endpoints(databases), selection)


def test_databases_without_tables_cannot_be_compared(databases: Databases) -> None:
    with pytest.raises(UnusableInputError, match="neither side has a table"):
        validate(endpoints(databases), Selection())


def test_a_side_that_is_lost_for_long_ends_the_run_and_keeps_its_state(
    databases: Databases, tmp_path: Path
) -> None:
    databases.execute(TABLES)
    source, target = databases.urls
    opened: list[Session] = []

    def connect_once() -> Session:
        if opened:
            raise SideUnavailableError("no connection")
        opened.append(connect(target))
        return opened[0]

    store = FolderStore(tmp_path)
    with pytest.raises(SideUnavailableError, match="no connection"):
        validate(Endpoints(lambda: connect(source), connect_once), ROWS_ONLY, store=store)

    assert validate(endpoints(databases), ROWS_ONLY, store=store).outcome is Outcome.EQUAL
    assert store.load(item(0))


def test_a_writer_is_no_replica(databases: Databases) -> None:
    sides = databases.sides()

    with pytest.raises(UnusableInputError, match="it is no replica"):
        await_replica(sides.source, sides.source, threading.Event())
