"""What starts a rollback beside a migration's failure."""

import json
from typing import Any

import pytest

from localcloud.cloud.events.transformation import target_input
from tests.stacks.migration.definitions import allowed, deployed
from tests.stacks.program import Recording

PURPOSES = ("rollback-flag", "rollback-alarm", "migration-timed-out", "migration-broke-off")


def _pattern(migration: Recording, purpose: str) -> dict[str, Any]:
    pattern: dict[str, Any] = json.loads(migration.one("EventRule", purpose).inputs["eventPattern"])
    return pattern


def test_each_rule_starts_the_rollback_workflow_and_may_do_nothing_else(
    migration: Recording,
) -> None:
    targets = migration.of_type("EventTarget")

    assert {rule.name for rule in migration.of_type("EventRule")} == {
        f"event-rule-{purpose}-test" for purpose in PURPOSES
    }
    assert len(targets) == len(PURPOSES)
    assert {t.inputs["arn"] for t in targets} == {migration.outputs["rollback_state_machine_arn"]}
    assert allowed(migration, "policy-rollback-triggers") == {
        "states:StartExecution": [migration.outputs["rollback_state_machine_arn"]]
    }


def test_the_alarm_that_is_waited_for_exists(recordings: dict[str, Recording]) -> None:
    (name,) = _pattern(recordings["migration"], "rollback-alarm")["detail"]["alarmName"]

    assert name in {alarm.name for alarm in recordings["observability"].of_type("MetricAlarm")}


def test_a_failure_that_the_migration_has_rolled_back_itself_starts_no_second_rollback(
    migration: Recording,
) -> None:
    (condition,) = _pattern(migration, "migration-broke-off")["detail"]["error"]
    ends = {
        state["Error"]
        for state in deployed(migration, "migration")["States"].values()
        if state["Type"] == "Fail"
    }

    assert ends <= set(condition["anything-but"])
    stopped = deployed(migration, "rollback")["States"]["StopMigrations"]["ItemProcessor"]
    error = stopped["States"]["StopMigration"]["Arguments"]["Error"]
    assert error in condition["anything-but"]


@pytest.mark.parametrize(
    ("purpose", "detail", "trigger", "reason"),
    [
        ("rollback-flag", {"name": "/payments/test/rollback/requested"}, "flag", ""),
        (
            "rollback-alarm",
            {"alarmName": "alarm", "state": {"value": "ALARM", "reason": 'threshold "5"'}},
            "alarm",
            'alarm: threshold "5"',
        ),
        (
            "migration-broke-off",
            {"name": "run-1", "error": "States.Runtime"},
            "workflow",
            "Migration run-1 broke off: States.Runtime",
        ),
    ],
)
def test_an_event_becomes_an_input_that_the_rollback_understands(
    migration: Recording, purpose: str, detail: dict[str, Any], trigger: str, reason: str
) -> None:
    transformer = migration.one("EventTarget", purpose).inputs["inputTransformer"]
    target = {
        "InputTransformer": {
            "InputPathsMap": transformer.get("inputPaths", {}),
            "InputTemplate": transformer["inputTemplate"],
        }
    }
    event = {"detail": detail, "time": "2026-01-01T00:00:00Z"}

    given = json.loads(target_input(target, event, "rule", "arn"))

    assert given == {"trigger": trigger, "reason": reason}
    begin = deployed(migration, "rollback")["States"]["Begin"]["Assign"]["trigger"]
    assert f"'{trigger}'" in begin
