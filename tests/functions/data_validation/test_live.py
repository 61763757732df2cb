"""Tables are compared while they are written to and the replication lags: nothing is made up.

What differs for good is found, and what cannot be told never passes.
"""

import contextlib
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg import sql

from functions.data_validation import pg8000_session
from functions.data_validation.comparison import Limits
from functions.data_validation.cursor import Cursor, FindingKind, Item, Verdict
from functions.data_validation.direction import Direction
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.positions import (
    AtRest,
    Lag,
    Readiness,
    choose_positions,
    replica_ready,
    wal_position,
)
from functions.data_validation.sessions import Session, Sides
from functions.runtime.connections import Server
from tests.functions.data_validation.engine import comparison, pair_of
from tests.functions.data_validation.replication import (
    ReplicatingClusters,
    Replication,
    eventually,
    replicating_clusters,
    replication,
)
from tests.functions.data_validation.workload import (
    FAULT,
    FILL,
    HOT,
    PLANTED,
    ROWS,
    TABLES,
    lagging,
    plant,
    prepare,
    troubled,
    writers,
)
from tests.functions.support import MASTER

pytestmark = pytest.mark.postgres

LIMITS = Limits(first_chunk_rows=200, max_chunk_rows=200, recheck_seconds=20.0)
MOST_COMPARISONS = 10
MOST_ATTEMPTS = 20
NO_LAG = Lag(None, None)

PAGE = 8192
SHORT_HEADER = 24
LONG_HEADER = 40
"""Bytes of WAL: a page, its header, and that of a segment's first page (xlog_internal.h)."""

MISSING, EXTRA, DIFFERENT = FindingKind.MISSING, FindingKind.EXTRA, FindingKind.DIFFERENT


@pytest.fixture(scope="module")
def replicating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatingClusters]:
    with replicating_clusters(tmp_path_factory.mktemp("replicating")) as clusters:
        yield clusters


@pytest.fixture
def stream(replicating: ReplicatingClusters) -> Iterator[Replication]:
    """Replicate both tables between two new databases."""
    with replication(replicating) as stream:
        prepare(stream)
        yield stream


def compared(
    stream: Replication,
    table: str,
    positions: str = "auto",
    limits: Limits = LIMITS,
    direction: Direction = Direction.FORWARD,
) -> Cursor:
    """Compare a table to the end. In the other direction, the stream's source is the target."""
    there = stream.databases.sides()
    sides = Sides(*direction.ordered(there.source, there.target), direction=direction)
    subject = comparison(
        sides,
        pair=pair_of(sides, f"public.{table}"),
        positions=choose_positions(sides, positions),
        limits=limits,
    )
    (last,) = deque(subject.advance(Cursor(Item("public", table))), maxlen=1)
    assert last.finished
    assert last.walked
    return last


def verdicts(cursor: Cursor) -> set[tuple[FindingKind, Verdict]]:
    return {(finding.kind, finding.verdict) for finding in cursor.findings}


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("choice", ["auto", "sentinel:public.sentinel"])
def test_writers_and_lag_raise_no_alarm_and_hide_no_difference(
    stream: Replication, choice: str, direction: Direction
) -> None:
    missing, extra = direction.ordered(MISSING, EXTRA)
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    with writers(stream, seed), troubled(stream, seed, lagging):
        cleared = 0
        for _ in range(MOST_COMPARISONS):
            equal = [
                compared(stream, table, choice, direction=direction)
                for table in ("accounts", "journal")
            ]
            assert [cursor.findings for cursor in equal] == [(), ()]
            cleared += sum(cursor.totals.cleared for cursor in equal)
            if cleared:
                break
        assert cleared > 0, "the target never lagged"
        plant(stream)
        accounts = compared(stream, "accounts", choice, direction=direction)
        called = {MISSING: missing, EXTRA: extra, DIFFERENT: DIFFERENT}
        expected = {(called[kind], where) for kind, where in PLANTED}
        assert {(finding.kind, finding.where) for finding in accounts.findings} == expected
        assert {finding.verdict for finding in accounts.findings} == {Verdict.PERSISTENT}
        journal = compared(stream, "journal", choice, direction=direction)
        assert verdicts(journal) == {(EXTRA, Verdict.PERSISTENT), (MISSING, Verdict.PERSISTENT)}


def test_a_hot_row_that_always_arrives_wrong_never_passes(stream: Replication) -> None:
    with writers(stream, seed=1):
        stream.target.execute(FAULT.format(HOT).encode())
        eventually(
            lambda: (
                stream.target.execute(
                    "SELECT note LIKE '%% ' FROM accounts WHERE id = %s", (HOT,)
                ).fetchone()
                == (True,)
            )
        )
        found = compared(stream, "accounts", limits=replace(LIMITS, recheck_seconds=2.0))
    assert {(finding.kind, finding.where) for finding in found.findings} == {
        (DIFFERENT, f'"id" = {HOT}')
    }


def lag_a_row(stream: Replication) -> None:
    """Change a row on the source that the target will not see."""
    stream.source.execute("UPDATE accounts SET note = 'changed' WHERE id = %s", (ROWS,))


def unverified_and_why(stream: Replication) -> str:
    """Compare what differs; it must be unverified. Return why the target gets nowhere."""
    sides = stream.databases.sides()
    reason = choose_positions(sides, "auto").reason()
    cursor = compared(stream, "accounts", limits=replace(LIMITS, recheck_seconds=0.3))
    assert verdicts(cursor) == {(DIFFERENT, Verdict.UNVERIFIED)}
    assert reason is not None
    return reason


def test_while_a_subscription_is_disabled_nothing_is_verified(stream: Replication) -> None:
    stream.disable()
    lag_a_row(stream)
    assert unverified_and_why(stream) == "subscription stream is disabled"
    stream.enable()
    assert compared(stream, "accounts").findings == ()


def test_when_the_slot_is_gone_nothing_is_verified(stream: Replication) -> None:
    positions = choose_positions(stream.databases.sides(), "auto")
    stream.disable()
    stream.drop_slot()
    stream.target.execute("ALTER SUBSCRIPTION stream ENABLE")
    lag_a_row(stream)
    assert f"slot {stream.slot} is not on the source" in unverified_and_why(stream)
    assert positions.lag() is None


def test_when_a_slot_has_lost_its_wal_nothing_is_verified(stream: Replication) -> None:
    stream.disable()
    lag_a_row(stream)
    with stream.databases.superuser("source") as administrator:
        for setting in ("max_slot_wal_keep_size = '1MB'", "wal_keep_size = '0'"):
            administrator.execute(f"ALTER SYSTEM SET {setting}".encode())
        try:
            administrator.execute("SELECT pg_reload_conf()")
            for _ in range(3):
                administrator.execute("SELECT pg_logical_emit_message(false, 'filler', 'x')")
                administrator.execute("SELECT pg_switch_wal()")
            eventually(lambda: checkpointed_and_lost(stream))
        finally:
            administrator.execute("ALTER SYSTEM RESET ALL")
            administrator.execute("SELECT pg_reload_conf()")
    assert f"slot {stream.slot} has lost WAL that it needs" in unverified_and_why(stream)


def checkpointed_and_lost(stream: Replication) -> bool:
    stream.source.execute("CHECKPOINT")
    rows = stream.source.execute(
        "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", (stream.slot,)
    )
    return rows.fetchone() == ("lost",)


def test_while_a_table_is_being_copied_nothing_is_verified(
    replicating: ReplicatingClusters,
) -> None:
    with replication(replicating) as stream:
        stream.databases.execute(TABLES)
        stream.source.execute(FILL.format(20).encode())
        with stream.held_back("accounts"):
            stream.start(["accounts", "journal"])
            sides = stream.databases.sides()
            positions = choose_positions(sides, "auto")
            mark = positions.mark()
            copying = "subscription stream is still copying public.accounts"
            eventually(lambda: positions.reason() == copying)
            assert not positions.passed(mark)
            cursor = compared(stream, "accounts", limits=replace(LIMITS, recheck_seconds=0.3))
            assert verdicts(cursor) == {(MISSING, Verdict.UNVERIFIED)}
        eventually(lambda: positions.passed(mark))
        assert compared(stream, "accounts").findings == ()


def test_a_mark_is_passed_when_the_target_shows_what_was_committed_before_it(
    stream: Replication,
) -> None:
    sides = stream.databases.sides()
    positions = choose_positions(sides, "auto")
    with stream.held_back("accounts"):
        lag_a_row(stream)
        mark = positions.mark()
        eventually(lambda: (positions.lag() or NO_LAG).bytes)
        assert not positions.passed(mark)
    eventually(lambda: positions.passed(mark))
    row = stream.target.execute("SELECT note FROM accounts WHERE id = %s", (ROWS,)).fetchone()
    assert row == ("changed",)
    eventually(lambda: positions.lag() == Lag(0, 0.0))


def test_a_mark_at_the_end_of_a_page_is_passed_though_the_source_stays_idle(
    stream: Replication,
) -> None:
    """The insert position is then behind the next page's header, where no slot gets to."""
    positions = choose_positions(stream.databases.sides(), "auto")
    for _ in range(MOST_ATTEMPTS):
        stream.await_in_step()
        if fill_page(stream):
            break
    else:
        raise AssertionError("other records came between every time")
    mark = positions.mark()
    assert int(mark.partition("/")[2], 16) % PAGE == 0
    eventually(lambda: positions.passed(mark))


def fill_page(stream: Replication) -> bool:
    """Write a record that ends with its page; tell whether the next would begin another page."""
    empty = -offset_in_page(stream)
    emit(stream, 0)
    empty += offset_in_page(stream)
    # A message of more than 255 bytes has 3 bytes more of header; records are aligned to 8 bytes.
    emit(stream, PAGE - offset_in_page(stream) - empty - 3)
    return offset_in_page(stream) in (SHORT_HEADER, LONG_HEADER)


def emit(stream: Replication, size: int) -> None:
    stream.source.execute(
        "SELECT pg_logical_emit_message(false, '', repeat('x', %s), true)", (size,)
    )


def offset_in_page(stream: Replication) -> int:
    [offset] = stream.source.execute(
        "SELECT mod(pg_current_wal_insert_lsn() - '0/0'::pg_lsn, %s)::int", (PAGE,)
    ).fetchone() or (0,)
    return int(offset)


def test_a_subscription_of_another_source_is_left_aside(
    replicating: ReplicatingClusters, stream: Replication
) -> None:
    with replication(replicating) as other:
        sides = replace(stream.databases.sides(), source=other.databases.session("source"))
        assert isinstance(choose_positions(sides, "auto"), AtRest)
        with pytest.raises(UnusableInputError, match="no logical slot"):
            choose_positions(sides, "slot:unknown")


def test_a_slot_that_something_else_reads_is_not_taken_for_rest(
    replicating: ReplicatingClusters, stream: Replication
) -> None:
    with replication(replicating) as other:
        sides = replace(stream.databases.sides(), target=other.databases.session("target"))
        with pytest.raises(UnusableInputError, match=f"{stream.slot}.*sentinel:SCHEMA.TABLE"):
            choose_positions(sides, "auto")
        named = choose_positions(sides, f"slot:{stream.slot}")
        assert named.describe() == f"slot:{stream.slot}"
        assert named.passed("0/1")
        assert named.reason() is None
        assert isinstance(choose_positions(sides, "none"), AtRest)


def test_a_role_without_privileges_reads_positions_but_not_the_lag_in_seconds(
    stream: Replication,
) -> None:
    with ordinary_sides(stream) as sides:
        positions = choose_positions(sides, "auto")
        mark = positions.mark()
        eventually(lambda: positions.passed(mark))
        assert positions.reason() is None
        with stream.held_back("accounts"):
            lag_a_row(stream)
            eventually(lambda: (positions.lag() or NO_LAG).bytes)
            assert (positions.lag() or NO_LAG).seconds is None


@contextlib.contextmanager
def ordinary_sides(stream: Replication) -> Iterator[Sides]:
    """Open sessions on both sides as a role that has nothing but its log-in."""
    login = {"username": f"reader_{stream.databases.name}", "password": "a-reader-password"}
    role = sql.Identifier(login["username"])
    opened: list[Session] = []
    for side, owner in (("source", stream.source), ("target", stream.target)):
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, login["password"]))
        settings = stream.databases.settings(side)
        server = Server(settings.host, settings.port, settings.dbname)
        authority = stream.databases.clusters.authority.pem
        opened.append(pg8000_session.connect(server, login, authority))
    try:
        yield Sides(*opened)
    finally:
        for session in opened:
            session.close()
        for owner in (stream.source, stream.target):
            owner.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_replica_is_ready_when_it_has_replayed_the_start_of_the_run(
    replicating: ReplicatingClusters, stream: Replication
) -> None:
    writer = stream.databases.session("source")
    reader = replicating.servers.add_reader("source", "reader")
    server = Server(reader.host, reader.port, stream.databases.name)
    replica = pg8000_session.connect(server, MASTER, replicating.authority.pem)
    try:
        name = stream.databases.name
        with replicating.administrator("source", name, port=reader.port) as administrator:
            administrator.execute("SELECT pg_wal_replay_pause()")
            lag_a_row(stream)
            start = wal_position(writer)
            waiting = replica_ready(replica, start)
            assert not waiting.ready
            assert waiting.reason.endswith(f"and the run started at {start}")
            administrator.execute("SELECT pg_wal_replay_resume()")
        eventually(lambda: replica_ready(replica, start) == Readiness(True))
        with pytest.raises(UnusableInputError, match="this server is a replica"):
            wal_position(replica)
    finally:
        replica.close()
        replicating.servers.remove_reader("source", "reader")
