"""DescribeTableStatistics: what became of each table.

Source: DescribeTableStatistics and TableStatistics, AWS DMS API Reference.
"""

from typing import Any

from localcloud.cloud.database_migration.filtering import filtered
from localcloud.cloud.database_migration.task_run import TaskRun
from localcloud.replication import TableCounter, TableName

_MOST_RECORDS = 100
_FILTERS = {"schema-name": "SchemaName", "table-name": "TableName", "table-state": "TableState"}

_NOT_RUN = "The laptop cloud does not run DMS's data validation."


def answer(run: TaskRun, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a task's tables, as the request's filters and marker ask for it."""
    validates = run.replication is not None and run.replication.assignment.settings.validates
    found = [_describe(name, run.counters[name], validates) for name in sorted(run.counters)]
    found = filtered(found, request, _FILTERS, dict.get)
    begin = int(request.get("Marker") or 0)
    end = begin + int(request.get("MaxRecords") or _MOST_RECORDS)
    page: dict[str, Any] = {
        "ReplicationTaskArn": run.task.arn,
        "TableStatistics": found[begin:end],
    }
    if end < len(found):
        page["Marker"] = str(end)
    return page


def _describe(name: TableName, counter: TableCounter, validates: bool) -> dict[str, Any]:
    applied = counter.applied
    unkeyed = validates and not counter.keyed
    described: dict[str, Any] = {
        "SchemaName": name.schema,
        "TableName": name.name,
        "Inserts": applied.inserts,
        "Updates": applied.updates,
        "Deletes": applied.deletes,
        "Ddls": 0,
        "AppliedInserts": applied.inserts,
        "AppliedUpdates": applied.updates,
        "AppliedDeletes": applied.deletes,
        "AppliedDdls": 0,
        "FullLoadRows": counter.load_rows,
        "FullLoadCondtnlChkFailedRows": 0,
        "FullLoadErrorRows": 0,
        "FullLoadReloaded": counter.reloaded,
        "TableState": counter.state,
        "ValidationPendingRecords": 0,
        "ValidationFailedRecords": 0,
        "ValidationSuspendedRecords": 0,
        "ValidationState": "No primary key" if unkeyed else "Not enabled",
    }
    if validates:
        described["ValidationStateDetails"] = _NOT_RUN
    dates = {
        "FullLoadStartTime": counter.load_started,
        "FullLoadEndTime": counter.load_finished,
        "LastUpdateTime": counter.updated,
    }
    described.update({key: date.timestamp() for key, date in dates.items() if date is not None})
    return described
