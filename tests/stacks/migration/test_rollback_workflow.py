"""The rollback's definition: nothing beside the traffic keeps it from ending."""

from typing import Any

import pytest

from tests.stacks.migration.definitions import deployed, reached_from
from tests.stacks.program import Recording

DECISIVE = {
    "ReadParameters",
    "FindOtherRollbacks",
    "Settle",
    "WasEverPrepared",
    "LookAtReverse",
    "ResumeReverse",
    "ReadRoute",
    "Verify",
}


@pytest.fixture
def states(migration: Recording) -> dict[str, Any]:
    """The states as deployed."""
    found: dict[str, Any] = deployed(migration, "rollback")["States"]
    return found


def test_only_what_decides_where_the_traffic_is_can_fail_a_rollback(
    states: dict[str, Any],
) -> None:
    for name, state in states.items():
        if state["Type"] not in ("Task", "Map"):
            continue
        assigned = {key for each in state["Catch"] for key in each.get("Assign", {})}
        if name in DECISIVE:
            assert "failure" in assigned, name
        else:
            assert "problems" in assigned, name


def test_every_way_that_did_something_ends_with_a_report_and_an_event(
    migration: Recording, states: dict[str, Any]
) -> None:
    definition = deployed(migration, "rollback")
    quiet = {"NothingToDo", "AnotherIsRunning"}
    for place in ("WriteReport", "PublishEnd"):
        without = {**states, place: {"Type": "Succeed"}}
        reached = reached_from({**definition, "States": without}, definition["StartAt"])
        ends = {name for name in reached if without[name]["Type"] in ("Succeed", "Fail")}
        assert ends == quiet | {place}


def test_traffic_at_the_target_moves_back_only_over_a_running_reverse_task(
    states: dict[str, Any],
) -> None:
    before = [n for n, s in states.items() if "MoveBack" in str(s.get("Choices"))]

    assert before == ["IsReverseRunning"]
    assert "'running'" in states["IsReverseRunning"]["Choices"][0]["Condition"]


def test_rotation_stays_paused_when_a_task_could_not_be_stopped(states: dict[str, Any]) -> None:
    restored = states["RestoreParameters"]["Items"]

    assert "$stopped ? 'false' : 'true'" in restored
    (catch,) = states["StopTasks"]["Catch"]
    assert catch["Assign"]["stopped"] is False


def test_the_report_goes_to_the_rollback_bucket(states: dict[str, Any]) -> None:
    arguments = states["WriteReport"]["Arguments"]

    assert arguments["Bucket"] == "bucket-rollback-111122223333-test"
    assert {"reason", "failure", "route", "checkpoint", "problems"} <= arguments["Body"].keys()
