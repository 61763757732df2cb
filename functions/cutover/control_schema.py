"""The schema `aurora_migration`, which each side has for itself and which is never replicated.

    side        one row: what the side admits, the token at which it came to that, and whose run
    privilege   what was taken from whom while the side is fenced or closed
    mark        which file each table had when its comparison began

and the sentinel, which is replicated, in the migrated schema.
"""

from dataclasses import dataclass
from typing import Any

from pg8000.native import literal

from functions.cutover.decisions import Change, Row, State
from functions.cutover.errors import SIDE_CHANGED, UnusableInputError
from functions.cutover.session import Session, qualified
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Side

SENTINEL = "migration_sentinel"
UNDEFINED = frozenset({"3F000", "42P01"})
"""SQLSTATEs of a schema and of a table that is not there."""

_CREATE = """
CREATE SCHEMA IF NOT EXISTS aurora_migration;
CREATE TABLE IF NOT EXISTS aurora_migration.side (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    state      text        NOT NULL CHECK (state IN ('open', 'fenced', 'closed')),
    token      bigint      NOT NULL CHECK (token >= 0),
    run        text        NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS aurora_migration.privilege (
    object_kind text    NOT NULL CHECK (object_kind IN ('table', 'sequence')),
    schema_name text    NOT NULL,
    object_name text    NOT NULL,
    column_name text,
    grantor     text,
    grantee     text,
    privilege   text    NOT NULL,
    grantable   boolean NOT NULL
);
CREATE TABLE IF NOT EXISTS aurora_migration.mark (
    relation    text PRIMARY KEY,
    relfilenode oid  NOT NULL
);
"""
_READ = "SELECT state, token, run, changed_at::text FROM aurora_migration.side"
_INSERT = "INSERT INTO aurora_migration.side (state, token, run) VALUES ({state}, {token}, {run})"
_COMPARE_AND_SET = """
UPDATE aurora_migration.side
   SET state = {after}, token = {after_token}, run = {run}, changed_at = clock_timestamp()
 WHERE state = {before} AND token = {before_token};
IF NOT FOUND THEN
    RAISE EXCEPTION 'the side is in another state by now' USING ERRCODE = {sqlstate};
END IF;
"""
_START_SENTINEL = "INSERT INTO {sentinel} (id, value) VALUES (1, 0) ON CONFLICT (id) DO NOTHING"


@dataclass(frozen=True)
class SideRecord:
    """A side's row with who wrote it, and when, as PostgreSQL shows it."""

    row: Row
    run: str
    changed_at: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "state": self.row.state.value,
            "token": self.row.token,
            "run": self.run,
            "changed_at": self.changed_at,
        }


def create(session: Session) -> None:
    """Create the control tables where they are missing. Raises DatabaseError."""
    session.run(_CREATE)


def create_sentinel(session: Session, schema: str) -> None:
    """Create the sentinel's table where it is missing, without a row. Raises DatabaseError."""
    session.run(
        f"CREATE TABLE IF NOT EXISTS {qualified(schema, SENTINEL)}"
        " (id int PRIMARY KEY, value bigint NOT NULL)"
    )


def start_sentinel(session: Session, schema: str) -> None:
    """Insert the sentinel's row where it is missing; the other side gets it by replication."""
    session.run(_START_SENTINEL.format(sentinel=qualified(schema, SENTINEL)))


def read(session: Session) -> SideRecord | None:
    """Return a side's record, None before `prepare`. Raises DatabaseError."""
    try:
        rows = session.run(_READ)
    except DatabaseError as error:
        if error.sqlstate in UNDEFINED:
            return None
        raise
    if not rows:
        return None
    ((state, token, run, changed_at),) = rows
    return SideRecord(Row(State(state), token), run, changed_at)


def require(side: Side, record: SideRecord | None) -> SideRecord:
    """Return the record. Raises UnusableInputError when there is none."""
    if record is None:
        raise UnusableInputError(
            f"the {side} has no row in aurora_migration.side: call the action prepare first"
        )
    return record


def insert(row: Row, run: str) -> str:
    """Return SQL that makes a side's first row; it fails if there is one."""
    return _INSERT.format(state=literal(row.state.value), token=row.token, run=literal(run))


def compare_and_set(change: Change, run: str) -> str:
    """Return PL/pgSQL that makes a change, or raises SIDE_CHANGED when the row is another one."""
    return _COMPARE_AND_SET.format(
        after=literal(change.after.state.value),
        after_token=change.after.token,
        run=literal(run),
        before=literal(change.before.state.value),
        before_token=change.before.token,
        sqlstate=literal(SIDE_CHANGED),
    )
