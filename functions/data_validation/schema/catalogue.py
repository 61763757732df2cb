"""Statements on a server's catalogue, in one snapshot.

Every statement starts with the same two tables: the schemas that are compared, and their
relations. System schemas, what belongs to an extension, and what AWS DMS creates for itself on a
source or a target ("Control tables" and "Capturing DDL" in the AWS DMS user guide) are no part.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from functions.data_validation.sessions import Session

Rows = Callable[[str], list[tuple[Any, ...]]]
"""Runs a statement that may use the tables `member`, `chosen` and `relation`."""

# member: objects of extensions, and functions that come with a range type, by catalogue and OID.
# chosen: the schemas. relation: all that is in pg_class, with the parent of a partition or child.
_TABLES = r"""
WITH member AS (
    SELECT classid, objid FROM pg_depend
     WHERE deptype = 'e' OR (deptype = 'i' AND classid = 'pg_proc'::regclass)
), chosen AS (
    SELECT n.oid, n.nspname::text AS name, n.nspowner AS owner, n.nspacl AS acl
      FROM pg_namespace n
     WHERE n.nspname !~ '^(pg_|awsdms_)'
       AND n.nspname <> 'information_schema'
       AND ($1::text[] IS NULL OR n.nspname::text = ANY ($1::text[]))
), relation AS (
    SELECT c.*, s.name AS schema, c.relname::text AS name,
           parent_schema.nspname::text AS parent_schema, parent.relname::text AS parent_name
      FROM pg_class c
      JOIN chosen s ON s.oid = c.relnamespace
      LEFT JOIN pg_inherits i
             ON i.inhrelid = c.oid AND i.inhseqno = 1 AND c.relkind IN ('r', 'p', 'f')
      LEFT JOIN pg_class parent ON parent.oid = i.inhparent
      LEFT JOIN pg_namespace parent_schema ON parent_schema.oid = parent.relnamespace
     WHERE c.relname !~ '^awsdms_'
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass
                                              AND m.objid = c.oid)
)
"""

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = """
SELECT set_config('quote_all_identifiers', 'on', true), set_config('search_path', '', true),
       set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),
       current_setting('server_version_num')::int
"""


@contextmanager
def snapshot(session: Session, schemas: Sequence[str] | None) -> Iterator[tuple[int, Rows]]:
    """Yield the server's version number and what runs statements, all in one snapshot."""
    session.run(_BEGIN)
    try:
        version = int(session.run(_SETTINGS)[0][-1])
        requested = None if schemas is None else list(schemas)
        yield version, lambda statement: session.run(_TABLES + statement, [requested])
    finally:
        session.run("ROLLBACK")
