"""What both servers tell of a running subscription.

Sources: "pg_subscription_rel", "pg_stat_subscription_stats", "COPY Progress Reporting" and
"pg_replication_slots" in the PostgreSQL manual.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg

from localcloud.replication.counters import Changes, TableReading
from localcloud.replication.tables import TableName

_COUNTS = """
    SELECT coalesce(sum(pg_stat_get_tuples_inserted(p.id)), 0)::bigint,
           coalesce(sum(pg_stat_get_tuples_updated(p.id)), 0)::bigint,
           coalesce(sum(pg_stat_get_tuples_deleted(p.id)), 0)::bigint
      FROM (SELECT c.oid AS id UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) p
"""
_TABLES = f"""
    SELECT n.nspname, c.relname, r.srsubstate::text, k.*,
           coalesce((SELECT max(tuples_processed) FROM pg_stat_progress_copy
                      WHERE relid = c.oid), 0)
      FROM pg_subscription_rel r
      JOIN pg_class c ON c.oid = r.srrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL ({_COUNTS}) k
     WHERE r.srsubid = %s
"""  # noqa: S608 - put together from constants
_BASELINE = f"""
    SELECT n.nspname, c.relname, k.*
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL ({_COUNTS}) k
     WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""  # noqa: S608 - put together from constants
# The conflicts of missing rows are counted from PostgreSQL 18 on; absent members give null.
_ERRORS = """
    SELECT s.apply_error_count + s.sync_error_count,
           coalesce((to_jsonb(s)->>'confl_update_missing')::bigint, 0)
         + coalesce((to_jsonb(s)->>'confl_delete_missing')::bigint, 0)
      FROM pg_stat_subscription_stats s WHERE s.subid = %s
"""
_POSITIONS = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
           pg_wal_lsn_diff(coalesce(r.sent_lsn, s.confirmed_flush_lsn), '0/0')::bigint,
           pg_wal_lsn_diff(s.confirmed_flush_lsn, '0/0')::bigint,
           s.wal_status, s.confirmed_flush_lsn::text
      FROM pg_replication_slots s
      LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
     WHERE s.slot_name = %s
"""


@dataclass(frozen=True)
class Errors:
    """Failures of a subscription's workers so far, and rows to change that were not there."""

    failures: int = 0
    missing_rows: int = 0


@dataclass(frozen=True)
class Positions:
    """Bytes from the log's beginning: its end, what was sent, what the target confirmed.

    ``checkpoint`` is the confirmed position as text; ``lost`` tells that the slot cannot go on.
    """

    end: int
    sent: int
    confirmed: int
    lost: bool
    checkpoint: str


def read_tables(
    target: psycopg.Connection, subscription_id: int
) -> Mapping[TableName, TableReading]:
    """Return the state and the counters of every table of a subscription."""
    rows = target.execute(_TABLES.encode(), (subscription_id,)).fetchall()
    return {
        TableName(schema, name): TableReading(state, Changes(*changes), copying)
        for schema, name, state, *changes, copying in rows
    }


def read_changes(
    target: psycopg.Connection, names: Iterable[TableName]
) -> Mapping[TableName, Changes]:
    """Return the counters of these tables."""
    ordered = sorted(names)
    parameters = ([each.schema for each in ordered], [each.name for each in ordered])
    rows = target.execute(_BASELINE.encode(), parameters).fetchall()
    return {TableName(schema, name): Changes(*changes) for schema, name, *changes in rows}


def read_errors(target: psycopg.Connection, subscription_id: int) -> Errors:
    """Return how often the subscription's workers failed."""
    row = target.execute(_ERRORS, (subscription_id,)).fetchone()
    return Errors(*row) if row is not None else Errors()


def read_positions(source: psycopg.Connection, slot: str) -> Positions | None:
    """Return how far the slot is, None when it is gone."""
    row = source.execute(_POSITIONS, (slot,)).fetchone()
    if row is None:
        return None
    end, sent, confirmed, status, checkpoint = row
    return Positions(end, sent, confirmed, status == "lost", checkpoint)
