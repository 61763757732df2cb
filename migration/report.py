"""The report of a workflow's execution: what happened, when, how many rows, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migration.access import MIGRATION
from migration.executions import SUCCEEDED, Execution
from migration.history import Event, Visit, answers, visits
from migration.replication import Progress

VERSION = 1
CUT_OVER, NOT_CUT_OVER = "cut_over", "not_cut_over"
ROLLED_BACK, FAILED, RUNNING = "rolled_back", "failed", "running"
_CUTOVER_FIELDS = {"outcome", "active", "epoch"}


@dataclass(frozen=True)
class WorkflowReport:
    """One execution of the migration or the rollback workflow.

    `cutover` is the last answer of the cutover function (its `window_milliseconds` is the time
    from fence to route), None when it was not called. `verdict` is cut_over, not_cut_over,
    rolled_back, failed or running.
    """

    workflow: str
    execution: Execution
    visits: tuple[Visit, ...]
    cutover: Mapping[str, Any] | None
    progress: Progress | None

    @property
    def verdict(self) -> str:
        """What came of it."""
        if self.execution.running:
            return RUNNING
        if self.execution.status != SUCCEEDED:
            return FAILED
        if self.workflow != MIGRATION:
            return ROLLED_BACK
        return str(self.cutover["outcome"]) if self.cutover else NOT_CUT_OVER

    @property
    def seconds(self) -> float:
        """How long it took, or has been running."""
        ended = self.execution.stopped or datetime.now(UTC)
        return (ended - self.execution.started).total_seconds()


def report(
    workflow: str, execution: Execution, events: Sequence[Event], progress: Progress | None
) -> WorkflowReport:
    """Return the report of what is known of an execution."""
    return WorkflowReport(workflow, execution, visits(events), _cutover(events), progress)


def _cutover(events: Sequence[Event]) -> Mapping[str, Any] | None:
    """Return the cutover function's last answer that tells a window; looking on tells none."""
    found: Mapping[str, Any] | None = None
    for answer in answers(events):
        document = answer.document
        if not isinstance(document, dict) or not document.keys() >= _CUTOVER_FIELDS:
            continue
        if document["outcome"] not in (CUT_OVER, NOT_CUT_OVER):
            continue
        if not _has_window(found) or _has_window(document):
            found = document
    return found


def _has_window(document: Mapping[str, Any] | None) -> bool:
    return document is not None and document.get("window_milliseconds") is not None


def to_json(workflow_report: WorkflowReport) -> dict[str, Any]:
    """Return the JSON document. Times are ISO 8601 in UTC, durations seconds unless named."""
    execution, progress = workflow_report.execution, workflow_report.progress
    return {
        "version": VERSION,
        "workflow": workflow_report.workflow,
        "verdict": workflow_report.verdict,
        "execution": execution.arn,
        "status": execution.status,
        "input": execution.given,
        "output": execution.output,
        "error": execution.error,
        "cause": execution.cause,
        "started": _iso(execution.started),
        "ended": _iso(execution.stopped),
        "seconds": round(workflow_report.seconds, 3),
        "states": [
            {
                "state": visit.state,
                "entered": _iso(visit.entered),
                "exited": _iso(visit.exited),
                "seconds": visit.seconds,
            }
            for visit in workflow_report.visits
        ],
        "cutover": workflow_report.cutover,
        "replication": None
        if progress is None
        else {
            "lag_seconds": progress.lag_seconds,
            "rows": progress.rows,
            "tables": [asdict(table) for table in progress.tables],
        },
    }


def write(path: Path, workflow_report: WorkflowReport) -> None:
    """Write the JSON document to a file. Raises OSError."""
    path.write_text(json.dumps(to_json(workflow_report), indent=2) + "\n", encoding="utf-8")


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
