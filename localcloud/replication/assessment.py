"""What DMS would stumble over, though PostgreSQL's replication does not, or not as much.

Source: "Individual assessments" in "Enabling and working with premigration assessments for a
task", AWS DMS User Guide; which types are LOBs for DMS: "Source data types for PostgreSQL".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from localcloud.replication.errors import ReplicationError
from localcloud.replication.replication import Assignment
from localcloud.replication.tables import SourceTable, read_source

PASSED, WARNING, FAILED = "passed", "warning", "failed"

_TABLES = """
    SELECT format('%%I.%%I', n.nspname, c.relname) AS name,
           ARRAY(SELECT attname::text FROM pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                    AND format_type(atttypid, NULL) = ANY(%s)) AS lobs,
           ARRAY(SELECT attname::text FROM pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attnotnull
                    AND format_type(atttypid, NULL) = ANY(%s)) AS required_lobs,
           EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisunique
                      AND indpred IS NULL) AS keyed
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
     ORDER BY 1
"""
_LOB_TYPES = ["text", "bytea", "json", "jsonb", "xml", "hstore", "tsvector", "tsquery"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one individual assessment, with the objects that it found, if any."""

    name: str
    result: str
    details: str
    objects: tuple[str, ...] = ()


Rows = Sequence[dict[str, Any]]


def assess(assignment: Assignment, names: Sequence[str]) -> tuple[Finding, ...]:
    """Make these assessments of both servers, for the tables that the mappings select.

    Raises ReplicationError when a server cannot be reached or the mappings cannot be followed.
    """
    try:
        with assignment.source.connect() as source, assignment.target.connect() as target:
            selected = read_source(source, assignment.mappings)
            of_source, of_target = _read(source, selected), _read(target, selected)
    except psycopg.Error as error:
        raise ReplicationError(str(error).strip()) from error
    return tuple(_CHECKS[name](assignment, of_source, of_target) for name in names)


def _required_lobs(assignment: Assignment, _source: Rows, target: Rows) -> Finding:
    found = [f"{row['name']}.{column}" for row in target for column in row["required_lobs"]]
    name = "full-lob-not-nullable-at-target"
    if not assignment.settings.full_lobs:
        return Finding(name, PASSED, "Full LOB mode is not used.")
    return _finding(name, FAILED, "LOB columns that are not nullable at the target", found)


def _lobs_without_key(_assignment: Assignment, source: Rows, _target: Rows) -> Finding:
    found = [row["name"] for row in source if row["lobs"] and not row["keyed"]]
    name = "table-with-lob-but-without-primary-key-or-unique-constraint"
    return _finding(name, FAILED, "Source tables with LOBs and without a key", found)


def _no_source_key(_assignment: Assignment, source: Rows, _target: Rows) -> Finding:
    found = [row["name"] for row in source if not row["keyed"]]
    name = "table-with-no-primary-key-or-unique-constraint"
    return _finding(name, WARNING, "Source tables without a key", found)


def _no_target_key(_assignment: Assignment, _source: Rows, target: Rows) -> Finding:
    found = [row["name"] for row in target if not row["keyed"]]
    name = "target-table-has-unique-key-or-primary-key-for-cdc"
    return _finding(name, WARNING, "Target tables without a key", found)


_CHECKS: dict[str, Callable[[Assignment, Rows, Rows], Finding]] = {
    "full-lob-not-nullable-at-target": _required_lobs,
    "table-with-lob-but-without-primary-key-or-unique-constraint": _lobs_without_key,
    "table-with-no-primary-key-or-unique-constraint": _no_source_key,
    "target-table-has-unique-key-or-primary-key-for-cdc": _no_target_key,
}
_ONLY_WITH_CHANGES = frozenset(
    {
        "table-with-no-primary-key-or-unique-constraint",
        "target-table-has-unique-key-or-primary-key-for-cdc",
    }
)


def applicable(migration_type: str) -> tuple[str, ...]:
    """Return the assessments that can be made of tasks of this type."""
    return tuple(
        name for name in _CHECKS if migration_type != "full-load" or name not in _ONLY_WITH_CHANGES
    )


def _finding(name: str, result: str, what: str, found: list[str]) -> Finding:
    if not found:
        return Finding(name, PASSED, f"{what}: none were found.")
    return Finding(name, result, f"{what}: {', '.join(found)}.", tuple(found))


def _read(connection: psycopg.Connection, tables: Sequence[SourceTable]) -> Rows:
    schemas = [table.name.schema for table in tables]
    names = [table.name.name for table in tables]
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_TABLES, (_LOB_TYPES, _LOB_TYPES, schemas, names)).fetchall()
