"""The migration's definition: where a failure leads, and in which order things are done."""

from typing import Any

import jsonata
import pytest

from tests.stacks.migration.definitions import deployed, reached_from
from tests.stacks.program import Recording

FIRST_CHANGE = "PauseRotation"
RECORDED = ["prepared", "validated", "cut-over"]


@pytest.fixture
def definition(migration: Recording) -> dict[str, Any]:
    """The definition as deployed."""
    return deployed(migration, "migration")


@pytest.fixture
def states(definition: dict[str, Any]) -> dict[str, Any]:
    """Its states."""
    found: dict[str, Any] = definition["States"]
    return found


def _final(state: dict[str, Any]) -> str:
    following: str = state["Catch"][-1]["Next"]
    return following


def test_before_anything_is_changed_a_failure_only_ends_the_execution(
    definition: dict[str, Any], states: dict[str, Any]
) -> None:
    after = reached_from(definition, FIRST_CHANGE)
    before = set(states) - after

    assert {"Preflight", "ReadThresholds", "FindOtherMigrations", "ReadPrepared"} <= before
    for name in before:
        assert "RollBack" not in [each["Next"] for each in states[name].get("Catch", ())], name


def test_after_the_first_change_every_failure_leads_into_the_rollback_with_its_cause(
    definition: dict[str, Any], states: dict[str, Any]
) -> None:
    after_rollback = reached_from(definition, "StartRollback")
    changed = reached_from(definition, FIRST_CHANGE) - after_rollback
    recovering = {"Cutover": "Settle", "Complete": "Completed"} | {
        f"Checkpoint{name}": f"Confirm{name}" for name in ("Prepared", "Validated", "CutOver")
    }
    fallible = {n for n in changed if states[n]["Type"] in ("Task", "Map")}

    assert len(fallible) >= 25
    for name in fallible:
        assert _final(states[name]) == recovering.get(name, "RollBack"), name
    for name in fallible - set(recovering.values()) - {"Complete", "Cutover"}:
        failure = states[name]["Catch"][-1]["Assign"]["failure"]
        assert "$states.errorOutput" in failure, name
        assert "$states.context.State.Name" in failure, name


def test_a_refusal_never_starts_a_rollback(
    definition: dict[str, Any], states: dict[str, Any]
) -> None:
    refusals = [name for name in states if name.startswith("Refuse")]

    assert len(refusals) == 6
    for name in refusals:
        assert "StartRollback" not in reached_from(definition, name), name


def test_a_checkpoint_is_written_once_with_schema_version_and_execution(
    states: dict[str, Any],
) -> None:
    written = [s["Arguments"] for s in states.values() if s.get("Arguments", {}).get("IfNoneMatch")]

    assert [each["Body"]["checkpoint"] for each in written] == RECORDED
    for each in written:
        assert each["IfNoneMatch"] == "*"
        assert each["Body"]["schema_version"] == 1
        assert each["Body"]["execution"] == "{% $states.context.Execution.Id %}"
        assert each["Key"].endswith(f"/{each['Body']['checkpoint']}.json' %}}")
    assert {"tables", "position", "validation"} <= written[1]["Body"].keys()


def _before(definition: dict[str, Any], first: str, second: str) -> bool:
    """Whether the second cannot be had without the first: without it, there is no way there."""
    states = {name: state for name, state in definition["States"].items() if name != first}
    dead_end = {"Type": "Succeed"}
    without = {**definition, "States": {**states, first: dead_end}}
    return second not in reached_from(without, definition["StartAt"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("PauseRotation", "StartReplication"),
        ("PrepareCutover", "StartReplication"),
        ("TestConnections", "StartReplication"),
        ("SampleLag", "Validate"),
        ("MarkTables", "Validate"),
        ("SampleLag", "Cutover"),
        ("LookAtReverse", "Cutover"),
        ("PreflightAgain", "Cutover"),
        ("CheckRollbackFlag", "Cutover"),
        ("ArmRollbackAlarm", "Cutover"),
        ("Verify", "CompareAgain"),
        ("CheckComparisonFlag", "Complete"),
    ],
)
def test_one_is_never_reached_without_the_other(
    definition: dict[str, Any], first: str, second: str
) -> None:
    assert _before(definition, first, second)


def test_the_cutover_is_repeated_only_when_it_cannot_have_begun(states: dict[str, Any]) -> None:
    (retry,) = states["Cutover"]["Retry"]

    assert retry["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    assert [each["Next"] for each in states["Cutover"]["Catch"]] == ["Settle"]


def test_what_is_refused_is_not_tried_again(states: dict[str, Any]) -> None:
    again = next(e for e in states["IsCutOver"]["Choices"] if e["Next"] == "WaitForNextAttempt")
    condition = jsonata.Jsonata(again["Condition"].strip("{% }"))

    def is_repeated(cutover: dict[str, Any], attempt: int = 1) -> bool:
        given = {"cutover": cutover, "attempt": attempt, "thresholds": {"cutover_attempts": 3}}
        return bool(condition.evaluate({}, given))

    assert is_repeated({"active": "source", "reason": "no lock"})
    assert is_repeated({"active": "source", "refused": False})
    assert not is_repeated({"active": "source", "refused": True})
    assert not is_repeated({"active": "source"}, attempt=3)


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ([{"Value": "true"}], True),
        ([{"Value": "false"}], False),
        ([{"Value": "?"}], True),
        ([], True),
    ],
)
def test_only_an_operator_who_says_false_leaves_out_the_second_comparison(
    states: dict[str, Any], parameters: list[dict[str, str]], wanted: bool
) -> None:
    flag = states["CheckComparisonFlag"]["Assign"]["compare_again"]
    given = {"states": {"result": {"Parameters": parameters}}}

    assert jsonata.Jsonata(flag.strip("{% }")).evaluate({}, given) is wanted


def test_the_comparisons_differ_in_run_and_direction_alone(states: dict[str, Any]) -> None:
    first, second = (states[name]["Arguments"]["Input"] for name in ("Validate", "CompareAgain"))

    assert second["options"].pop("direction") == "reverse"
    assert first.pop("run") != second.pop("run")
    assert first == second


def test_an_approval_that_nobody_gives_is_not_asked_for_again(states: dict[str, Any]) -> None:
    approval = states["RequestApproval"]

    assert approval["Resource"].endswith(".waitForTaskToken")
    assert "States.Timeout" not in approval["Retry"][0]["ErrorEquals"]
    detail = approval["Arguments"]["Entries"][0]["Detail"]
    assert detail["task_token"] == "{% $states.context.Task.Token %}"
    assert "approval_timeout_seconds" in approval["TimeoutSeconds"]


def test_the_way_back_is_a_workflow_of_its_own_that_outlives_this_one(
    states: dict[str, Any],
) -> None:
    start = states["StartRollback"]

    assert start["Resource"].endswith(":::states:startExecution")
    assert start["Arguments"]["StateMachineArn"].endswith(
        "stateMachine:state-machine-rollback-test"
    )
    assert "$failure.Cause" in start["Arguments"]["Input"]["reason"]
