"""Replication slots on the source (PostgreSQL manual, "Replication Slots")."""

import time

import psycopg
from psycopg import sql

from localcloud.replication.errors import ReplicationError

PLUGIN = "pgoutput"
_RELEASE_SECONDS = 10.0
_POLL_SECONDS = 0.05

_READ = """
    SELECT wal_status,
           pg_wal_lsn_diff(confirmed_flush_lsn, '0/0')::bigint,
           pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
      FROM pg_replication_slots WHERE slot_name = %s
"""
_SYNC_SLOTS = r"SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE %s"


def create(source: psycopg.Connection, name: str, seconds: int) -> None:
    """Create a slot; waits for transactions that are open, at most this long.

    Raises ReplicationError when they stay open longer.
    """
    try:
        with source.transaction():
            source.execute(
                sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{seconds}s"))
            )
            source.execute("SELECT pg_create_logical_replication_slot(%s, %s)", (name, PLUGIN))
    except psycopg.errors.QueryCanceled as error:
        raise ReplicationError(
            f"source: transactions that were open at the start did not end within {seconds} s "
            "(TransactionConsistencyTimeout)"
        ) from error


def advance(source: psycopg.Connection, name: str, position: str) -> None:
    """Make a slot start from a later position, which leaves out the changes before it.

    Raises ReplicationError when there is no such slot, or when it does not keep the position.
    """
    require(source, name)
    row = source.execute(_READ, (name,)).fetchone()
    assert row is not None
    _, confirmed, end = row
    wanted = as_bytes(position)
    if not confirmed <= wanted <= end:
        raise ReplicationError(
            f"source: CdcStartPosition {position} is not between the position of slot {name} and "
            "the end of the log"
        )
    source.execute("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", (name, position))


def require(source: psycopg.Connection, name: str) -> None:
    """Raise ReplicationError when a slot is gone or its log is: resuming would lose changes."""
    row = source.execute(_READ, (name,)).fetchone()
    if row is None or row[0] == "lost":
        state = "is gone" if row is None else "has lost its position"
        raise ReplicationError(
            f"source: replication slot {name} {state}, so changes are missing: reload the target"
        )


def drop(source: psycopg.Connection, name: str) -> None:
    """Drop a slot, ending who uses it if need be; harmless when it is gone.

    Raises ReplicationError when somebody takes it again and again.
    """
    deadline = time.monotonic() + _RELEASE_SECONDS
    while time.monotonic() < deadline:
        source.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            " WHERE slot_name = %s AND active_pid IS NOT NULL",
            (name,),
        )
        try:
            source.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE slot_name = %s",
                (name,),
            )
        except psycopg.errors.ObjectInUse:
            time.sleep(_POLL_SECONDS)
            continue
        return
    raise ReplicationError(f"source: replication slot {name} stays in use")


def drop_of_subscription(source: psycopg.Connection, subscription_id: int) -> None:
    """Drop the slots with which a subscription's workers copied tables."""
    pattern = rf"pg\_{subscription_id}\_sync\_%"
    for (name,) in source.execute(_SYNC_SLOTS, (pattern,)).fetchall():
        drop(source, name)


def as_bytes(position: str) -> int:
    """Return a position like ``16/B374D848`` as a number (PostgreSQL manual, "pg_lsn Type").

    Raises ReplicationError for anything else: dates and DMS's own checkpoints among them.
    """
    try:
        high, low = position.split("/")
        return (int(high, 16) << 32) + int(low, 16)
    except ValueError as error:
        raise ReplicationError(
            f"CdcStartPosition {position!r} is no position in PostgreSQL's log (like 16/B374D848)"
        ) from error
