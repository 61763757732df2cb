"""Positions in the source's write-ahead log (WAL), as text of type pg_lsn (`0/16B3748`).

Source: PostgreSQL manual, "System Administration Functions" (Backup Control, Recovery Information
Functions). They are executable by every role.
"""

import re
from dataclasses import dataclass

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.sessions import Session
from functions.runtime.errors import DatabaseError

NOT_IN_THIS_STATE = "55000"
"""object_not_in_prerequisite_state: here, the server is in recovery."""

# Where records are inserted, not where they are written: with synchronous_commit = off a commit is
# visible before it is written. When a record ends with its page, the insert position is already
# behind the next page's header (24 bytes, 40 in a segment's first page), where no consumer of an
# idle server gets to; what they confirm is the record's end, the page's boundary.
_POSITION = """
    SELECT to_hex(div(bytes, 4294967296)::bigint) || '/' || to_hex(mod(bytes, 4294967296)::bigint)
    FROM (SELECT CASE WHEN mod(inserted, page) IN (24, 40) THEN inserted - mod(inserted, page)
                      ELSE inserted END AS bytes
          FROM (SELECT pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS inserted,
                       current_setting('wal_block_size')::numeric AS page) AS position) AS mark
"""
_REPLAYED = """
    SELECT pg_catalog.pg_is_in_recovery(),
           pg_catalog.pg_last_wal_replay_lsn()::text,
           pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_lsn
"""
_LSN = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}", re.IGNORECASE)


@dataclass(frozen=True)
class Lag:
    """How far the target is behind: bytes of WAL and seconds; None what cannot be known."""

    bytes: int | None
    seconds: float | None


@dataclass(frozen=True)
class Readiness:
    """Whether a replica may be read, and if not, why."""

    ready: bool
    reason: str = ""


def is_position(text: str) -> bool:
    """Tell whether a text is a position in the WAL."""
    return _LSN.fullmatch(text) is not None


def wal_position(writer: Session) -> str:
    """Return a position at or behind the commit records of all transactions now visible.

    Raises UnusableInputError when `writer` is a replica, else DatabaseError.
    """
    try:
        return str(writer.run(_POSITION)[0][0]).upper()
    except DatabaseError as error:
        if error.sqlstate != NOT_IN_THIS_STATE:
            raise
        raise UnusableInputError(
            "positions are read on the source's writer, and this server is a replica"
        ) from None


def replica_ready(replica: Session, start: str) -> Readiness:
    """Tell whether a source replica shows everything up to `start`, a `wal_position`.

    Readers of Aurora share the writer's storage and replay no log: they cannot tell, so they are
    never ready. Failures of the replica are a reason too, not an error: the writer is there.
    """
    if not is_position(start):
        return Readiness(False, f"the run did not start at a position in the WAL but at {start!r}")
    try:
        in_recovery, replayed, ready = replica.run(_REPLAYED, [start])[0]
    except DatabaseError as error:
        return Readiness(False, f"its position cannot be read: {error}")
    if not in_recovery:
        return Readiness(False, "it is no replica")
    if replayed is None:
        return Readiness(False, "it does not say what it has replayed, as readers of Aurora")
    if not ready:
        return Readiness(False, f"it has replayed {replayed}, and the run started at {start}")
    return Readiness(True)
