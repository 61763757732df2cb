"""What a validation tells the world, as events on the default bus.

    Validation Started         what will be compared, and how
    Validation Mismatch Found  an item of a table has rows that differ for good
    Validation Completed       the verdict

A mismatch is told when an item's first difference is found, and again when the item is finished.
No event has a value of a row in it, only predicates that find it. Events are delivered at least
once: what publishes one is repeated when it fails.

Sources: Amazon EventBridge API Reference, "PutEvents" (entries fail one by one, with status 200;
256 KB an entry).
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.data_validation.cursor import Cursor, Verdict
from functions.data_validation.errors import ValidationError
from functions.data_validation.preparation import Plan
from functions.data_validation.report import Report

STARTED = "Validation Started"
MISMATCH_FOUND = "Validation Mismatch Found"
COMPLETED = "Validation Completed"

MOST_PREDICATES = 10
MOST_TABLES = 50
LONGEST_PREDICATE = 2_000
"""Characters; a longer one is left to the report: half a predicate would find other rows."""


class EventUnavailableError(ValidationError):
    """An event could not be published."""


class Events:
    """Publishes the events of validations."""

    def __init__(self, client: Any, source: str) -> None:
        """Publish through `client`, a boto3 client of EventBridge, as `source`."""
        self._client = client
        self._source = source

    def started(self, plan: Plan) -> None:
        """Tell that a run begins, or goes on. Raises EventUnavailableError, as all of them."""
        self._publish(
            STARTED,
            {
                "run": plan.run,
                "tables": len(plan.tables),
                "items": len(plan.items),
                "estimated_rows": sum(table.estimated_rows for table in plan.tables),
                "schema_differences": len(plan.schema),
                "tables_on_one_side": len(plan.on_one_side),
                "method": plan.conditions.method,
                "direction": plan.conditions.direction.value,
            },
        )

    def mismatch_found(self, run: str, cursor: Cursor) -> None:
        """Tell how many rows of an item differ, and where the first of them are."""
        totals = cursor.totals
        self._publish(
            MISMATCH_FOUND,
            {
                "run": run,
                "table": cursor.item.label,
                "part": cursor.item.number,
                "missing": totals.missing,
                "extra": totals.extra,
                "different": totals.different,
                "where": _predicates(cursor),
                "finished": cursor.finished,
            },
        )

    def completed(self, report: Report, location: Mapping[str, str]) -> None:
        """Tell a run's verdict, and where its report is: `bucket` and `key`."""
        outcomes = Counter(table.outcome.value for table in report.tables)
        doubtful = [table.table for table in report.tables if table.outcome.value != "equal"]
        totals = report.totals
        self._publish(
            COMPLETED,
            {
                "run": report.run,
                "verdict": report.outcome.value,
                "direction": report.conditions.direction.value,
                "tables": dict(sorted(outcomes.items())),
                "not_equal": doubtful[:MOST_TABLES],
                "schema_differences": len(report.schema),
                "tables_on_one_side": len(report.on_one_side),
                "source_rows": totals.source_rows,
                "target_rows": totals.target_rows,
                "missing": totals.missing,
                "extra": totals.extra,
                "different": totals.different,
                "unverified": totals.unverified,
                "report": dict(location),
            },
        )

    def _publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {
            "Source": self._source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        try:
            answer = self._client.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise EventUnavailableError(
                f"event {detail_type!r} was not published: {type(error).__name__}"
            ) from error
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "no reason given")
            raise EventUnavailableError(f"event {detail_type!r} was refused: {code}")


def _predicates(cursor: Cursor) -> list[str]:
    found = (
        finding.where
        for finding in cursor.findings
        if finding.verdict is Verdict.PERSISTENT and len(finding.where) <= LONGEST_PREDICATE
    )
    return [where for where, _ in zip(found, range(MOST_PREDICATES), strict=False)]
