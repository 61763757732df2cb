"""A task's subscription on the target (PostgreSQL manual, "Subscription")."""

import time

import psycopg
from psycopg import sql

from localcloud.replication.errors import ReplicationError
from localcloud.replication.naming import inserts_name
from localcloud.replication.tables import TableName

_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02

# The slot is made beforehand, so that the time that takes can be bounded. Rows are written with
# the endpoint's user's privileges (run_as_owner), as DMS does. A transaction is confirmed to the
# source only when it is in the target's log (synchronous_commit).
_CREATE = """
    CREATE SUBSCRIPTION {name} CONNECTION {conninfo} PUBLICATION {publications}
      WITH (create_slot = false, slot_name = {slot}, enabled = false, copy_data = {copies},
            origin = {origin}, run_as_owner = true, synchronous_commit = 'local')
"""
_WORKERS = """
    SELECT count(*) FROM pg_stat_subscription WHERE subname = %s AND pid IS NOT NULL
"""


def create(
    target: psycopg.Connection,
    name: str,
    *,
    conninfo: str,
    slot: str,
    copies: bool,
    prevents_loops: bool,
) -> None:
    """Create the subscription, still disabled; the target's server connects to the source."""
    publications = sql.SQL(", ").join(map(sql.Identifier, (name, inserts_name(name))))
    target.execute(
        sql.SQL(_CREATE).format(
            name=sql.Identifier(name),
            conninfo=sql.Literal(conninfo),
            publications=publications,
            slot=sql.Literal(slot),
            copies=sql.Literal(copies),
            origin=_origin(prevents_loops),
        )
    )


def configure(
    target: psycopg.Connection, name: str, *, conninfo: str, prevents_loops: bool
) -> None:
    """Give a disabled subscription the endpoint's and the task's present settings."""
    subscription = sql.Identifier(name)
    target.execute(
        sql.SQL("ALTER SUBSCRIPTION {} CONNECTION {}").format(subscription, sql.Literal(conninfo))
    )
    target.execute(
        sql.SQL("ALTER SUBSCRIPTION {} SET (origin = {})").format(
            subscription, _origin(prevents_loops)
        )
    )


def enable(target: psycopg.Connection, name: str) -> None:
    """Let the workers run."""
    target.execute(sql.SQL("ALTER SUBSCRIPTION {} ENABLE").format(sql.Identifier(name)))


def refresh(target: psycopg.Connection, name: str, *, copies: bool) -> None:
    """Take over which tables the publications have now; new ones are copied if asked for."""
    target.execute(
        sql.SQL("ALTER SUBSCRIPTION {} REFRESH PUBLICATION WITH (copy_data = {})").format(
            sql.Identifier(name), sql.Literal(copies)
        )
    )


def disable(target: psycopg.Connection, name: str) -> None:
    """Stop the workers and wait for their end; raises ReplicationError when they do not end."""
    target.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(sql.Identifier(name)))
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        row = target.execute(_WORKERS, (name,)).fetchone()
        if row == (0,):
            return
        time.sleep(_POLL_SECONDS)
    raise ReplicationError(f"target: the workers did not end within {_STOP_SECONDS:.0f} s")


def drop(target: psycopg.Connection, name: str) -> None:
    """Drop the subscription and leave its slot on the source; harmless when it is gone."""
    if identity(target, name) is None:
        return
    subscription = sql.Identifier(name)
    disable(target, name)
    target.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
    target.execute(sql.SQL("DROP SUBSCRIPTION {}").format(subscription))


def identity(target: psycopg.Connection, name: str) -> int | None:
    """Return the subscription's object identifier, None when there is none of that name here."""
    row = target.execute(
        "SELECT s.oid FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
        " WHERE s.subname = %s AND d.datname = current_database()",
        (name,),
    ).fetchone()
    return int(row[0]) if row is not None else None


def tables(target: psycopg.Connection, name: str) -> frozenset[TableName]:
    """Return the tables that the subscription has now."""
    rows = target.execute(
        "SELECT n.nspname, c.relname FROM pg_subscription_rel r"
        " JOIN pg_subscription s ON s.oid = r.srsubid JOIN pg_class c ON c.oid = r.srrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE s.subname = %s",
        (name,),
    )
    return frozenset(TableName(schema, table) for schema, table in rows)


def _origin(prevents_loops: bool) -> sql.Literal:
    """``none`` takes only what was written at the source itself, not what it replicated."""
    return sql.Literal("none" if prevents_loops else "any")
