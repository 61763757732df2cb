"""Reports of executions."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from migration import report
from migration.executions import Execution
from migration.history import Event
from migration.replication import Progress, TableProgress
from tests.migration.events import BEGIN, History

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((REPOSITORY / "docs" / "migration-report.schema.json").read_text())
CUT_OVER = {"outcome": "cut_over", "active": "target", "epoch": 2, "window_milliseconds": 9.5}


def execution(status: str = "SUCCEEDED", **changes: Any) -> Execution:
    values: dict[str, Any] = {
        "arn": "arn:aws:states:ap-southeast-1:123456789012:execution:machine:run",
        "name": "run",
        "status": status,
        "started": BEGIN,
        "stopped": None if status == "RUNNING" else BEGIN + timedelta(seconds=30),
        "given": {"reason": "test"},
        "output": None,
        "error": None,
        "cause": None,
    }
    return Execution(**values | changes)


def events(*cutovers: Any) -> list[Event]:
    history = History().enter("Preflight").answer({"verdict": "ready"}).leave("Preflight")
    for cutover in cutovers:
        history.enter("Cutover").answer(cutover).leave("Cutover")
    return list(history.events)


@pytest.mark.parametrize(
    ("workflow", "status", "cutovers", "verdict"),
    [
        ("migration", "SUCCEEDED", [CUT_OVER], "cut_over"),
        ("migration", "SUCCEEDED", [], "not_cut_over"),
        ("migration", "SUCCEEDED", [CUT_OVER | {"outcome": "not_cut_over"}], "not_cut_over"),
        ("migration", "SUCCEEDED", [CUT_OVER | {"outcome": "not_cut_over"}, CUT_OVER], "cut_over"),
        ("migration", "FAILED", [CUT_OVER], "failed"),
        ("migration", "TIMED_OUT", [], "failed"),
        ("migration", "RUNNING", [CUT_OVER], "running"),
        ("rollback", "SUCCEEDED", [], "rolled_back"),
        ("rollback", "ABORTED", [], "failed"),
    ],
)
def test_the_verdict_is_that_of_the_execution_and_the_last_cutover(
    workflow: str, status: str, cutovers: list[Any], verdict: str
) -> None:
    found = report.report(workflow, execution(status), events(*cutovers), None)

    assert found.verdict == verdict


def test_the_document_has_states_with_times_rows_lag_and_the_window(tmp_path: Path) -> None:
    progress = Progress((TableProgress("payments.payments", "Table completed", 7, 1, 2, 3),), 0.4)
    found = report.report("migration", execution(), events(CUT_OVER), progress)

    report.write(tmp_path / "report.json", found)

    document = json.loads((tmp_path / "report.json").read_text())
    jsonschema.validate(document, SCHEMA)
    assert document["version"] == 1
    assert document["verdict"] == "cut_over"
    assert document["seconds"] == 30.0
    assert document["cutover"]["window_milliseconds"] == 9.5
    assert document["states"][0] == {
        "state": "Preflight",
        "entered": "2026-03-01T12:00:01+00:00",
        "exited": "2026-03-01T12:00:03+00:00",
        "seconds": 2.0,
    }
    assert document["replication"]["lag_seconds"] == 0.4
    assert document["replication"]["rows"] == 13
    assert document["replication"]["tables"][0]["table"] == "payments.payments"


def test_an_execution_that_runs_has_no_end() -> None:
    document = report.to_json(report.report("rollback", execution("RUNNING"), [], None))

    jsonschema.validate(document, SCHEMA)
    assert document["verdict"] == "running"
    assert document["ended"] is None
    assert document["cutover"] is None
    assert document["replication"] is None


def test_looking_at_the_sides_afterwards_does_not_hide_the_window() -> None:
    looked = CUT_OVER | {"window_milliseconds": None}

    found = report.report("migration", execution(), events(CUT_OVER, looked), None)

    assert found.cutover == CUT_OVER


def test_preparing_is_no_cutover() -> None:
    prepared = CUT_OVER | {"outcome": "prepared"}

    assert report.report("migration", execution(), events(prepared), None).cutover is None
