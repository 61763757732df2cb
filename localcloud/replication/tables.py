"""The tables of a replication, read from both catalogs.

A partitioned table is replicated through its root (``publish_via_partition_root``), so that the
two sides may be partitioned differently; its partitions are no tables of the task.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from localcloud.replication.errors import ReplicationError
from localcloud.replication.mappings import TableMappings

# Identity of a row for UPDATE and DELETE: PostgreSQL manual, "Publication" in "Logical
# Replication". Once a table without one is published for updates, the source refuses them.
_SOURCE = """
    SELECT n.nspname AS schema, c.relname AS name,
           pg_has_role(c.relowner, 'USAGE') AS owned,
           rn.nspname AS root_schema, rc.relname AS root_name,
           ARRAY(SELECT attname::text FROM pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                    AND attgenerated = '' ORDER BY attnum) AS columns,
           (SELECT bool_and(m.relreplident = 'f' OR EXISTS (
                       SELECT FROM pg_index i
                        WHERE i.indrelid = m.oid
                          AND CASE m.relreplident WHEN 'd' THEN i.indisprimary
                                                  WHEN 'i' THEN i.indisreplident
                                                  ELSE false END))
              FROM pg_class m
             WHERE m.oid = c.oid OR m.oid IN (SELECT relid FROM pg_partition_tree(c.oid))) AS keyed
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_class rc ON c.relispartition AND rc.oid = pg_partition_root(c.oid)
      LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
       AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
       AND c.relname NOT LIKE 'awsdms\\_%'
     ORDER BY 1, 2
"""
_TARGET = """
    SELECT n.nspname AS schema, c.relname AS name,
           ARRAY(SELECT attname::text FROM pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                    AND attgenerated = '') AS columns,
           ARRAY(SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'])
                                       AS wanted (privilege)
                  WHERE NOT has_table_privilege(c.oid, privilege)) AS lacking
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND has_schema_privilege(n.oid, 'USAGE')
       AND n.nspname = ANY(%s)
"""
_REFERRING = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
     WHERE contype = 'f' AND confrelid = ANY(%s::regclass[]) AND conrelid <> ALL(%s::regclass[])
       AND conparentid = 0
"""


@dataclass(frozen=True, order=True)
class TableName:
    """A table by its schema and its name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """The name as it stands in statements."""
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True)
class SourceTable:
    """A table that is replicated; ``keyed`` tells whether updates and deletes can be, too.

    ``owned`` tells whether the endpoint's user may publish it.
    """

    name: TableName
    keyed: bool
    owned: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TargetTable:
    """A table on the target, with the privileges on it that the endpoint's user has not."""

    columns: frozenset[str]
    lacking: tuple[str, ...]


def read_source(source: psycopg.Connection, mappings: TableMappings) -> tuple[SourceTable, ...]:
    """Return the selected tables.

    Raises ReplicationError for a partition that the mappings treat otherwise than its table.
    """
    rows = _rows(source, _SOURCE)
    selected = []
    for row in rows:
        chosen = mappings.selects(row["schema"], row["name"])
        if row["root_name"] is None:
            if chosen:
                selected.append(_source_table(row))
        elif chosen != mappings.selects(row["root_schema"], row["root_name"]):
            raise ReplicationError(
                f"the table mappings select the partition {row['schema']}.{row['name']} otherwise "
                f"than its table {row['root_schema']}.{row['root_name']}, which is replicated whole"
            )
    return tuple(selected)


def read_target(
    target: psycopg.Connection, names: Iterable[TableName]
) -> Mapping[TableName, TargetTable]:
    """Return what of these tables the endpoint's user can see on the target."""
    wanted = frozenset(names)
    found = {
        TableName(row["schema"], row["name"]): TargetTable(
            frozenset(row["columns"]), tuple(row["lacking"])
        )
        for row in _rows(target, _TARGET, [sorted({name.schema for name in wanted})])
    }
    return {name: table for name, table in found.items() if name in wanted}


def truncate(target: psycopg.Connection, names: Iterable[TableName]) -> None:
    """Empty tables on the target in one statement, so that keys between them do not hinder it."""
    listed = [name.identifier for name in sorted(names)]
    if listed:
        target.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(listed)))


def require_truncatable(target: psycopg.Connection, names: Iterable[TableName]) -> None:
    """Raise ReplicationError when tables outside of these refer to one of them."""
    listed = [str(name.identifier.as_string(target)) for name in sorted(names)]
    row = target.execute(_REFERRING, (listed, listed)).fetchone()
    if row is not None:
        raise ReplicationError(
            f"target: table {row[1]} cannot be emptied: a foreign key of table {row[0]} refers "
            "to it"
        )


def _source_table(row: dict[str, Any]) -> SourceTable:
    return SourceTable(
        name=TableName(row["schema"], row["name"]),
        keyed=bool(row["keyed"]),
        owned=row["owned"],
        columns=tuple(row["columns"]),
    )


def _rows(
    connection: psycopg.Connection, statement: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), parameters).fetchall()
