"""A task's two publications on the source.

TRUNCATE is not published, as DMS does not replicate it. A table without a key is published for
inserts only: published for updates, it would make the source refuse them (PostgreSQL manual,
"Publication" in "Logical Replication"). DMS, too, ignores updates and deletes of such tables.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from localcloud.replication.naming import inserts_name
from localcloud.replication.tables import SourceTable, TableName

_OPTIONS = "publish_via_partition_root = true"
_CREATE = "CREATE PUBLICATION {name} {tables} WITH (publish = {publish}, " + _OPTIONS + ")"

_EXISTS = "SELECT 1 FROM pg_publication WHERE pubname = %s"
_MEMBERS = """
    SELECT n.nspname, c.relname
      FROM pg_publication p
      JOIN pg_publication_rel r ON r.prpubid = p.oid
      JOIN pg_class c ON c.oid = r.prrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE p.pubname = %s
"""


def create(source: psycopg.Connection, name: str, tables: Sequence[SourceTable]) -> None:
    """Create both publications, empty where there is no table of their kind."""
    for publication, publish, members in _parts(name, tables):
        _create(source, publication, publish, members)


def reconcile(source: psycopg.Connection, name: str, tables: Sequence[SourceTable]) -> None:
    """Make the publications have these tables, and no others; create one that is gone.

    A publication that has them is left alone. Made anew, it would not have the changes of a
    transaction that is open: those are decoded with the catalog as it was when they were made.
    """
    with source.transaction():
        for publication, publish, members in _parts(name, tables):
            present = _members(source, publication)
            if present is None:
                _create(source, publication, publish, members)
                continue
            for table in sorted(present - set(members)):
                source.execute(_altered("ALTER PUBLICATION {} DROP TABLE {}", publication, table))
            for table in sorted(set(members) - present):
                source.execute(_altered("ALTER PUBLICATION {} ADD TABLE {}", publication, table))


def remove_table(source: psycopg.Connection, name: str, table: TableName, *, keyed: bool) -> None:
    """Take a table out of its publication."""
    _alter(source, "ALTER PUBLICATION {} DROP TABLE {}", name, table, keyed=keyed)


def add_table(source: psycopg.Connection, name: str, table: TableName, *, keyed: bool) -> None:
    """Put a table into its publication."""
    _alter(source, "ALTER PUBLICATION {} ADD TABLE {}", name, table, keyed=keyed)


def drop(source: psycopg.Connection, name: str) -> None:
    """Drop both publications; harmless when they are gone."""
    for publication in (name, inserts_name(name)):
        source.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(publication)))


def _parts(
    name: str, tables: Sequence[SourceTable]
) -> tuple[tuple[str, str, list[TableName]], ...]:
    keyed = [table.name for table in tables if table.keyed]
    others = [table.name for table in tables if not table.keyed]
    return (
        (name, "insert, update, delete", keyed),
        (inserts_name(name), "insert", others),
    )


def _create(
    source: psycopg.Connection, publication: str, publish: str, members: Sequence[TableName]
) -> None:
    listed = sql.SQL("FOR TABLE {}").format(_listed(members)) if members else sql.SQL("")
    source.execute(
        sql.SQL(_CREATE).format(
            name=sql.Identifier(publication), tables=listed, publish=sql.Literal(publish)
        )
    )


def _members(source: psycopg.Connection, publication: str) -> set[TableName] | None:
    """Return the tables of a publication, None when there is no such publication."""
    if source.execute(_EXISTS, (publication,)).fetchone() is None:
        return None
    return {TableName(*row) for row in source.execute(_MEMBERS, (publication,)).fetchall()}


def _listed(names: Sequence[TableName]) -> sql.Composed:
    return sql.SQL(", ").join(name.identifier for name in names)


def _alter(
    source: psycopg.Connection, statement: str, name: str, table: TableName, *, keyed: bool
) -> None:
    source.execute(_altered(statement, name if keyed else inserts_name(name), table))


def _altered(statement: str, publication: str, table: TableName) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(publication), table.identifier)
