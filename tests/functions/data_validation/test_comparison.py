"""The comparison finds what differs, all of it and nothing else, within what its limits allow."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from functions.data_validation import pg8000_session
from functions.data_validation.comparison import MOST_FAILURES
from functions.data_validation.cursor import FindingKind, Totals, Verdict
from functions.data_validation.expressions import Method
from functions.data_validation.sessions import Session, Sides
from functions.runtime.connections import Server
from functions.runtime.errors import ContendedError, DatabaseError, SideUnavailableError
from tests.functions.data_validation.engine import (
    START,
    chunks_of,
    comparison,
    counts,
    found,
    in_one_go,
    killed_at_every_step,
    pair_of,
)
from tests.functions.data_validation.support import Databases
from tests.functions.support import MASTER

KEYED = "CREATE TABLE t (id bigint PRIMARY KEY, amount numeric, note text)"
KEYLESS = "CREATE TABLE t (id bigint, amount numeric, note text)"
ROWS = "INSERT INTO t SELECT i, i / 100.0, 'note ' || i FROM generate_series(1, {}) AS i"
SIZES = [1, 2, 3, 7, 10_000]


def fill(databases: Databases, table: str, rows: int) -> None:
    """Make the same table on both sides."""
    for connection in (databases.source, databases.target):
        connection.execute(table)
        connection.execute(ROWS.format(rows).encode())


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("table", [KEYED, KEYLESS], ids=["keyed", "keyless"])
@pytest.mark.parametrize("size", SIZES)
def test_equal_tables_are_compared_whole_and_nothing_is_found(
    reused_databases: Databases, shared_sides: Sides, table: str, size: int, method: Method
) -> None:
    fill(reused_databases, table, 20)
    cursor = in_one_go(comparison(shared_sides, method=method, limits=chunks_of(size)))
    assert cursor.walked
    assert cursor.findings == ()
    assert counts(cursor.totals) == Totals(source_rows=20, target_rows=20)


@pytest.mark.parametrize("size", SIZES)
def test_each_way_of_differing_is_found_in_the_first_the_last_and_any_other_row(
    reused_databases: Databases, shared_sides: Sides, size: int
) -> None:
    fill(reused_databases, KEYED, 20)
    reused_databases.source.execute("DELETE FROM t WHERE id IN (1, 9)")
    reused_databases.target.execute("DELETE FROM t WHERE id IN (8, 20)")
    reused_databases.target.execute("INSERT INTO t VALUES (-5, 0, ''), (1000, 0, NULL)")
    reused_databases.target.execute("UPDATE t SET note = NULL WHERE id IN (2, 19)")
    cursor = in_one_go(comparison(shared_sides, limits=chunks_of(size)))
    assert found(cursor) == {
        *((FindingKind.EXTRA, f'"id" = {key}') for key in (-5, 1, 9, 1000)),
        *((FindingKind.MISSING, f'"id" = {key}') for key in (8, 20)),
        *((FindingKind.DIFFERENT, f'"id" = {key}') for key in (2, 19)),
    }
    assert counts(cursor.totals) == Totals(
        source_rows=18, target_rows=20, missing=2, extra=4, different=2
    )
    assert {finding.verdict for finding in cursor.findings} == {Verdict.PERSISTENT}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("empty", ["source", "target"])
def test_an_empty_side_lacks_every_row(
    reused_databases: Databases, shared_sides: Sides, empty: str, size: int
) -> None:
    fill(reused_databases, KEYED, 9)
    getattr(reused_databases, empty).execute("TRUNCATE t")
    cursor = in_one_go(comparison(shared_sides, limits=chunks_of(size)))
    kind = FindingKind.EXTRA if empty == "source" else FindingKind.MISSING
    assert found(cursor) == {(kind, f'"id" = {key}') for key in range(1, 10)}


@pytest.mark.parametrize("size", SIZES)
def test_rows_without_key_are_counted(
    reused_databases: Databases, shared_sides: Sides, size: int
) -> None:
    fill(reused_databases, KEYLESS, 9)
    reused_databases.source.execute("INSERT INTO t SELECT * FROM t WHERE id = 3")
    reused_databases.target.execute(
        "INSERT INTO t SELECT t.* FROM t, generate_series(1, 2) WHERE id = 5"
    )
    reused_databases.target.execute("DELETE FROM t WHERE id = 7")
    cursor = in_one_go(comparison(shared_sides, limits=chunks_of(size)))
    rows = {(finding.kind, ids(shared_sides.source, finding.where)) for finding in cursor.findings}
    assert rows == {
        (FindingKind.MISSING, (3,)),
        (FindingKind.EXTRA, (5,)),
        (FindingKind.MISSING, (7,)),
    }


def ids(session: Session, where: str) -> tuple[int, ...]:
    """Return the ids of the rows that a finding's condition holds for."""
    return tuple(row[0] for row in session.run(f"SELECT DISTINCT id FROM public.t WHERE {where}"))


def test_columns_that_differ_are_named_and_their_values_are_not_shown(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 3)
    reused_databases.target.execute("UPDATE t SET amount = 0.020, note = 'secret' WHERE id = 2")
    cursor = in_one_go(comparison(shared_sides))
    ((finding),) = cursor.findings
    assert [column.column for column in finding.columns] == ["amount", "note"]
    assert "secret" not in repr(cursor)
    assert finding.columns[0].source != finding.columns[0].target


def test_values_are_fetched_of_a_bounded_number_of_rows(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 150)
    reused_databases.target.execute("UPDATE t SET note = ''")
    cursor = killed_at_every_step(lambda: comparison(shared_sides, limits=chunks_of(40)))
    assert len(found(cursor)) == 150
    assert sum(bool(finding.columns) for finding in cursor.findings) == 100


@pytest.mark.parametrize("table", [KEYED, KEYLESS], ids=["keyed", "keyless"])
@pytest.mark.parametrize("size", [7, 10_000])
def test_it_stops_early_when_there_is_no_room_for_more_findings(
    reused_databases: Databases, shared_sides: Sides, table: str, size: int
) -> None:
    fill(reused_databases, table, 3_000)
    reused_databases.target.execute("UPDATE t SET note = ''")
    limits = chunks_of(size, max_findings=50)
    cursor = in_one_go(comparison(shared_sides, limits=limits))
    assert len(found(cursor)) == 50
    assert not cursor.walked
    assert cursor.stopped_early is not None
    assert "50 differences" in cursor.stopped_early


def test_as_many_differences_as_there_is_room_for_do_not_stop_it(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 100)
    reused_databases.target.execute("UPDATE t SET note = '' WHERE id > 50")
    cursor = in_one_go(comparison(shared_sides, limits=chunks_of(30, max_findings=50)))
    assert len(found(cursor)) == 50
    assert cursor.walked
    assert cursor.stopped_early is None


@dataclass
class Clock:
    """Time that only sleeping moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def test_no_more_rows_a_second_are_read_than_allowed(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 1_000)
    clock = Clock()
    subject = comparison(
        shared_sides, limits=chunks_of(400, max_rate=100), clock=clock, sleep=clock.sleep
    )
    for cursor in subject.advance(START):
        assert cursor.totals.source_rows <= 100 * (clock.now + 1)
    assert cursor.totals.source_rows == 1_000
    assert 9 <= clock.now <= 11
    assert max(clock.slept) <= 1, "a caller short of time has to get a word in"


class Meeting:
    """A session whose statements begin only when the other side's has come as well."""

    def __init__(self, session: Session, barrier: threading.Barrier) -> None:
        self._session = session
        self._barrier = barrier

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self._barrier.wait()
        return self._session.run(statement, parameters)

    def close(self) -> None:
        self._session.close()


def test_both_sides_are_read_at_once(reused_databases: Databases, shared_sides: Sides) -> None:
    fill(reused_databases, KEYED, 100)
    barrier = threading.Barrier(2, timeout=20)
    meeting = Sides(Meeting(shared_sides.source, barrier), Meeting(shared_sides.target, barrier))
    cursor = in_one_go(comparison(meeting, limits=chunks_of(30), writers=shared_sides))
    assert cursor.totals.chunks >= 3


class Failing:
    """A session that fails before some of its statements, counted from 0."""

    def __init__(self, session: Session, failures: dict[int, DatabaseError]) -> None:
        self._session = session
        self._failures = failures
        self._statements = 0

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        number, self._statements = self._statements, self._statements + 1
        if number in self._failures:
            raise self._failures[number]
        return self._session.run(statement, parameters)

    def close(self) -> None:
        self._session.close()


def differing(databases: Databases) -> set[tuple[FindingKind, str]]:
    """Make tables that differ in three rows; return what has to be found."""
    fill(databases, KEYED, 40)
    databases.target.execute("UPDATE t SET note = '' WHERE id IN (3, 17, 40)")
    return {(FindingKind.DIFFERENT, f'"id" = {key}') for key in (3, 17, 40)}


def recovery_conflict() -> DatabaseError:
    return ContendedError("the database refused a statement", "40001")


def lost_connection() -> DatabaseError:
    return SideUnavailableError("the connection is lost")


@pytest.mark.parametrize("failure", [recovery_conflict, lost_connection])
def test_failures_that_pass_are_waited_out_and_change_no_verdict(
    reused_databases: Databases, shared_sides: Sides, failure: Callable[[], DatabaseError]
) -> None:
    expected, pair = differing(reused_databases), pair_of(shared_sides)
    for failing in range(0, 40, 3):
        clock = Clock()
        failures = {failing + attempt: failure() for attempt in range(3)}
        flaky = Sides(shared_sides.source, Failing(shared_sides.target, failures))
        cursor = in_one_go(
            comparison(flaky, pair=pair, limits=chunks_of(10), clock=clock, sleep=clock.sleep)
        )
        assert found(cursor) == expected
        assert (cursor.totals.source_rows, cursor.totals.target_rows) == (40, 40)


def test_a_failure_that_does_not_pass_is_raised_after_growing_waits(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 40)
    clock = Clock()
    failures = {number: lost_connection() for number in range(1_000)}
    gone = Sides(shared_sides.source, Failing(shared_sides.target, failures))
    with pytest.raises(SideUnavailableError):
        in_one_go(comparison(gone, pair=pair_of(shared_sides), clock=clock, sleep=clock.sleep))
    assert len(clock.slept) == MOST_FAILURES - 1
    assert clock.slept == sorted(clock.slept)
    assert 20 < sum(clock.slept) < 60


def test_sessions_whose_backends_are_terminated_go_on(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    expected = differing(reused_databases)
    clock = Clock()
    subject = comparison(shared_sides, limits=chunks_of(5), clock=clock, sleep=clock.sleep)
    cursors = []
    for cursor in subject.advance(START):
        cursors.append(cursor)
        if len(cursors) <= 6:
            terminate_validation(
                reused_databases.source if len(cursors) % 2 else reused_databases.target
            )
    assert found(cursors[-1]) == expected
    assert cursors[-1].totals.source_rows == 40


def terminate_validation(owner: psycopg.Connection[Any]) -> None:
    """End the validation's backends of this database, as a failover would."""
    owner.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND application_name = 'data-validation'"
    )


# Text that is short on disk: to hash a row takes a server some 20 ms.
SLOW = """
    CREATE TABLE t (id int PRIMARY KEY, value text);
    INSERT INTO t SELECT i, repeat('x', 16000000) FROM generate_series(1, 12) AS i;
"""


@contextlib.contextmanager
def impatient_sides(databases: Databases, seconds: float) -> Iterator[Sides]:
    """Open sessions whose statements the servers end after so many seconds."""
    with contextlib.ExitStack() as stack:
        sessions = []
        for side in ("source", "target"):
            settings = databases.settings(side)
            session = pg8000_session.connect(
                Server(settings.host, settings.port, databases.name),
                MASTER,
                databases.clusters.authority.pem,
                statement_timeout=seconds,
            )
            stack.callback(session.close)
            sessions.append(session)
        yield Sides(*sessions)


def test_a_chunk_that_times_out_is_made_smaller_until_it_does_not(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    reused_databases.execute(SLOW)
    reused_databases.target.execute("DELETE FROM t WHERE id = 7")
    with impatient_sides(reused_databases, seconds=0.15) as impatient:
        subject = comparison(impatient, limits=chunks_of(12), writers=shared_sides)
        cursors = list(subject.advance(START))
    sizes = [cursor.chunk_rows for cursor in cursors if not cursor.totals.chunks]
    assert sizes[0] == 6, "the same chunk is tried again with half the rows"
    assert found(cursors[-1]) == {(FindingKind.MISSING, '"id" = 7')}
    assert (cursors[-1].totals.source_rows, cursors[-1].totals.target_rows) == (12, 11)


def test_nothing_is_yielded_of_a_finished_cursor(
    reused_databases: Databases, shared_sides: Sides
) -> None:
    fill(reused_databases, KEYED, 1)
    cursor = in_one_go(comparison(shared_sides))
    assert list(comparison(shared_sides).advance(cursor)) == []
