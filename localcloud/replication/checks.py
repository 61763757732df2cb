"""What must hold before a task starts; what does not is a reason, in a sentence.

Sources: "Prerequisites for using an AWS-managed PostgreSQL database as a DMS source" and "Security
requirements when using a PostgreSQL database as a target", AWS DMS User Guide; "Security" in
"Logical Replication", PostgreSQL manual.
"""

from collections.abc import Iterator, Mapping, Sequence

import psycopg

from localcloud.replication.tables import SourceTable, TableName, TargetTable

_SOURCE = """
    SELECT current_setting('wal_level'), current_user, current_database(),
           (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
           has_database_privilege(current_database(), 'CREATE')
"""
_TARGET = """
    SELECT current_user, current_database(),
           pg_has_role('pg_create_subscription', 'USAGE'),
           has_database_privilege(current_database(), 'CREATE')
"""


def source_problems(source: psycopg.Connection, tables: Sequence[SourceTable]) -> tuple[str, ...]:
    """Return why the source cannot be replicated from; nothing when it can."""
    row = source.execute(_SOURCE).fetchone()
    assert row is not None
    wal_level, user, database, may_replicate, may_create = row
    return tuple(_source_problems(wal_level, user, database, may_replicate, may_create, tables))


def target_problems(
    target: psycopg.Connection,
    tables: Sequence[SourceTable],
    found: Mapping[TableName, TargetTable],
    *,
    truncates: bool,
) -> tuple[str, ...]:
    """Return why the target cannot be replicated to; nothing when it can."""
    row = target.execute(_TARGET).fetchone()
    assert row is not None
    user, database, may_subscribe, may_create = row
    problems = []
    if not may_subscribe:
        problems.append(f"target: user {user} is not a member of pg_create_subscription")
    if not may_create:
        problems.append(f"target: user {user} may not CREATE in database {database}")
    for table in tables:
        problems += _table_problems(user, table, found.get(table.name), truncates=truncates)
    return tuple(problems)


def _source_problems(
    wal_level: str,
    user: str,
    database: str,
    may_replicate: bool,
    may_create: bool,
    tables: Sequence[SourceTable],
) -> Iterator[str]:
    if wal_level != "logical":
        yield (
            f"source: wal_level is {wal_level}, logical decoding requires wal_level logical: set "
            "rds.logical_replication to 1 in the DB cluster parameter group"
        )
    if not may_replicate:
        yield f"source: user {user} may not replicate: it lacks rds_replication"
    if not may_create:
        yield f"source: user {user} may not CREATE in database {database}"
    for table in tables:
        if not table.owned:
            yield f"source: user {user} must be owner of table {table.name} to publish it"


def _table_problems(
    user: str, table: SourceTable, target: TargetTable | None, *, truncates: bool
) -> Iterator[str]:
    if target is None:
        yield f"target: table {table.name} does not exist, or user {user} cannot see it"
        return
    missing = [column for column in table.columns if column not in target.columns]
    if missing:
        yield f"target: table {table.name} has no column {', '.join(missing)}"
    lacking = [each for each in target.lacking if each != "TRUNCATE" or truncates]
    if lacking:
        yield f"target: user {user} may not {', '.join(lacking)} table {table.name}"
