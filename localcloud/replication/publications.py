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


def create(source: psycopg.Connection, name: str, tables: Sequence[SourceTable]) -> None:
    """Create both publications, empty where there is no table of their kind."""
    for publication, publish, members in _parts(name, tables):
        listed = sql.SQL("FOR TABLE {}").format(_listed(members)) if members else sql.SQL("")
        source.execute(
            sql.SQL(_CREATE).format(
                name=sql.Identifier(publication), tables=listed, publish=sql.Literal(publish)
            )
        )


def reconcile(source: psycopg.Connection, name: str, tables: Sequence[SourceTable]) -> None:
    """Make the publications have these tables, and no others."""
    with source.transaction():
        drop(source, name)
        create(source, name, tables)


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


def _listed(names: Sequence[TableName]) -> sql.Composed:
    return sql.SQL(", ").join(name.identifier for name in names)


def _alter(
    source: psycopg.Connection, statement: str, name: str, table: TableName, *, keyed: bool
) -> None:
    publication = name if keyed else inserts_name(name)
    source.execute(sql.SQL(statement).format(sql.Identifier(publication), table.identifier))
