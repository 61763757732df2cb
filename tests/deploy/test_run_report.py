"""Reports for machines: JSON by its schema, and JUnit."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from deploy import junit, run_report
from deploy.commands.options import check_writable
from deploy.engines.interface import DriftResult, PropertyDrift, ResourceDrift
from deploy.errors import UsageError
from deploy.events import Operation, Phase, ResourceError, ResourceEvent, RunResult
from deploy.git import Commit
from deploy.graph import Graph
from deploy.places import REPOSITORY
from deploy.plan import plan_deploy
from deploy.run_report import FinishedRun, as_json
from deploy.scheduler import Outcome, StepResult

GRAPH = Graph.of({"base": [], "left": ["base"], "right": ["base"], "top": ["left"]})
STEPS = plan_deploy(GRAPH, GRAPH.nodes, "test", {}).steps
ERROR = ResourceError("Invalid\x00Value: no such class", "urn", "aws:rds/cluster:Cluster", "main")
CHANGE = ResourceEvent(
    "urn", "aws:ec2/vpc:Vpc", "vpc", Operation.UPDATE, Phase.FINISHED, changed=("tags",)
)
DRIFT = DriftResult(
    (
        ResourceDrift("urn", "t", "vpc", False, (PropertyDrift("tags.Owner", "a", None),)),
        ResourceDrift("urn2", "t", "subnet", True, ()),
    )
)


def _run(tmp_path: Path) -> FinishedRun:
    log = tmp_path / "left.log"
    log.write_text("12:00:00.000 error    what the cloud said\x1b[31m\n", encoding="utf-8")
    return FinishedRun(
        command="deploy-all",
        environment="test",
        engine="embedded",
        user="ada@laptop",
        commit=Commit("c0ffee", dirty=True),
        started="2026-04-01T12:00:00+00:00",
        ended="2026-04-01T12:00:09+00:00",
        seconds=9.0,
        results=(
            StepResult(STEPS[0], Outcome.SUCCEEDED, RunResult(counts={Operation.UPDATE: 1})),
            StepResult(STEPS[1], Outcome.FAILED, RunResult(errors=(ERROR,), seconds=1.5)),
            StepResult(STEPS[2], Outcome.CANCELLED),
            StepResult(STEPS[3], Outcome.BLOCKED, cause="left"),
        ),
        cancelled=False,
        mode="deploy",
        exit_code=1,
        reasons={"base": "named"},
        changes={"base": (CHANGE,)},
        logs={"left": log},
    )


def _validate(run: FinishedRun) -> None:
    schema = json.loads((REPOSITORY / "docs" / "deploy-report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    # Everything that is written is declared, although readers must accept more.
    closed = json.loads(
        json.dumps(schema).replace('"required":', '"additionalProperties": false, "required":')
    )
    jsonschema.validate(json.loads(json.dumps(as_json(run))), closed)


def test_the_report_is_as_its_schema_says(tmp_path: Path) -> None:
    _validate(_run(tmp_path))


def test_a_report_of_drift_is_as_its_schema_says(tmp_path: Path) -> None:
    run = replace(
        _run(tmp_path), results=(), mode="drift", exit_code=3, drifts={"base": DRIFT}, commit=None
    )

    _validate(run)
    assert run.outcome == "drifted"


def test_failed_blocked_and_cancelled_are_told_apart(tmp_path: Path) -> None:
    layers = {layer["layer"]: layer for layer in as_json(_run(tmp_path))["layers"]}

    assert [layer["outcome"] for layer in layers.values()] == [
        "succeeded",
        "failed",
        "cancelled",
        "blocked",
    ]
    assert layers["top"]["blocked_by"] == "left"
    assert layers["left"]["errors"][0]["name"] == "main"
    assert layers["base"]["changes"][0]["properties"] == ["tags"]


def test_layers_left_out_by_a_resumed_run_are_in_the_report(tmp_path: Path) -> None:
    run = replace(_run(tmp_path), results=_run(tmp_path).results[1:], done_before=("base",))

    _validate(run)
    assert as_json(run)["layers"][0]["outcome"] == "done before"


@pytest.mark.parametrize(
    ("cancelled", "results", "expected"),
    [
        (True, slice(1, 2), "interrupted"),
        (False, slice(1, 2), "failed"),
        (False, slice(1), "succeeded"),
    ],
)
def test_the_outcome_of_the_whole_run(
    tmp_path: Path, cancelled: bool, results: slice, expected: str
) -> None:
    run = _run(tmp_path)

    assert replace(run, cancelled=cancelled, results=run.results[results]).outcome == expected


def test_junit_has_a_case_a_layer_and_counts_that_add_up(tmp_path: Path) -> None:
    suites = junit.as_xml(_run(tmp_path))
    cases = {case.get("name"): case for case in suites.iter("testcase")}

    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "1", "2")
    assert next(list(case.keys()) for case in cases.values()) == ["classname", "name", "time"]
    assert cases["base"].find("failure") is None
    kinds = {name: [child.get("type") for child in case] for name, case in cases.items()}
    assert kinds["left"][0] == "failed"
    assert kinds["right"] == ["interrupted"]
    assert kinds["top"] == ["blocked"]
    assert "it needs left" in (cases["top"][0].get("message") or "")


def test_junit_is_xml_whatever_the_cloud_says(tmp_path: Path) -> None:
    file = tmp_path / "out.xml"

    junit.write(_run(tmp_path), file)

    parsed = ElementTree.parse(file).getroot()
    assert "Invalid�Value" in (parsed.find(".//failure").text or "")  # type: ignore[union-attr]  # found, or the test fails
    assert "what the cloud said" in (parsed.findtext(".//system-out") or "")


def test_junit_calls_drift_a_failure_with_a_line_a_property(tmp_path: Path) -> None:
    run = replace(_run(tmp_path), results=_run(tmp_path).results[:1], drifts={"base": DRIFT})

    [failure] = junit.as_xml(run).iter("failure")

    assert failure.get("type") == "drift"
    assert failure.text == (
        "vpc (t): tags.Owner is None, recorded as 'a'\nsubnet (t): is recorded and no longer exists"
    )


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_done(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        check_writable(tmp_path)
    with pytest.raises(UsageError, match="there is no folder"):
        check_writable(tmp_path / "missing" / "out.json")


def test_the_file_holds_the_report(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run_report.write(run, tmp_path / "out.json")

    assert json.loads((tmp_path / "out.json").read_text())["exit_code"] == 1
