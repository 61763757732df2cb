"""Events reach topics, alarms watch what exists, and the dashboard shows it."""

import json
from itertools import combinations
from typing import Any

import pytest

from functions.data_validation.cursor import Totals
from functions.data_validation.events import COMPLETED, MISMATCH_FOUND, STARTED
from functions.data_validation.metrics import MISMATCHES, NAMESPACE, ROWS_PER_SECOND, Work, emit
from tests.stacks.program import Recording


@pytest.fixture
def observability(recordings: dict[str, Recording]) -> Recording:
    """The observability program."""
    return recordings["observability"]


def _pattern(observability: Recording, purpose: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        observability.one("EventRule", purpose).inputs["eventPattern"]
    )
    return found


def test_every_rule_has_one_target_and_every_topic_is_one(observability: Recording) -> None:
    rules = {rule.name for rule in observability.of_type("EventRule")}
    targets = observability.of_type("EventTarget")

    assert {target.inputs["rule"] for target in targets} == rules
    assert len(targets) == len(rules)
    assert {target.inputs["arn"].rsplit(":", 1)[-1] for target in targets} == {
        topic.name for topic in observability.of_type("Topic")
    }


def test_rules_follow_the_migrations_own_resources(
    observability: Recording, recordings: dict[str, Recording]
) -> None:
    migration = recordings["migration"].outputs
    workflow = _pattern(observability, "workflow-failure")

    assert _pattern(observability, "migration-progress")["source"] == [migration["event_source"]]
    assert workflow["detail"] == {
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        "stateMachineArn": [
            migration["migration_state_machine_arn"],
            migration["rollback_state_machine_arn"],
            migration["validation_state_machine_arn"],
        ],
    }
    assert _pattern(observability, "replication-state")["resources"] == [
        migration["replication_task_arn"],
        migration["reverse_replication_task_arn"],
    ]


def _sent(recordings: dict[str, Recording], workflow: str) -> set[str]:
    """Return the types of events that the states of a workflow publish."""
    machine = recordings["migration"].one("StateMachine", workflow)
    return {
        entry["DetailType"]
        for state in json.loads(machine.inputs["definition"])["States"].values()
        for entry in (state.get("Parameters") or state.get("Arguments", {})).get("Entries", ())
    }


def test_the_events_of_the_migration_match_a_rule(
    observability: Recording, recordings: dict[str, Recording]
) -> None:
    sent = _sent(recordings, "state-machine-migration")

    assert sent == {
        "Migration Started",
        "Migration Approval Requested",
        "Migration Completed",
        "Migration Failed",
    }
    prefix = _pattern(observability, "migration-progress")["detail-type"][0]["prefix"]
    assert all(detail_type.startswith(prefix) for detail_type in sent)
    assert _pattern(observability, "migration-failure")["detail-type"] == ["Migration Failed"]


def test_the_events_of_validations_match_the_rule_of_their_topic(
    observability: Recording, recordings: dict[str, Recording]
) -> None:
    sent = {*_sent(recordings, "validation"), STARTED, MISMATCH_FOUND, COMPLETED}
    function = recordings["migration"].one("Function", "data-validation")
    finding = _pattern(observability, "validation-finding")

    assert all(name.startswith(finding["detail-type"][0]["prefix"]) for name in sent)
    assert finding["source"] == [function.inputs["environment"]["variables"]["EVENT_SOURCE"]]
    assert set(_pattern(observability, "validation-failure")["detail-type"]) <= sent
    target = observability.one("EventTarget", "validation-finding")
    assert target.inputs["arn"].endswith("topic-validation-alerts-test")


def test_alarms_tell_the_error_topic_when_they_ring_and_when_they_stop(
    observability: Recording,
) -> None:
    alarms = observability.of_type("MetricAlarm")

    assert len(alarms) >= 12
    for alarm in alarms:
        (action,) = alarm.inputs["alarmActions"]
        assert action.endswith("topic-error-alerts-test")
        assert alarm.inputs["okActions"] == [action]
        assert ("statistic" in alarm.inputs) != ("extendedStatistic" in alarm.inputs)


def test_alarms_speak_of_metrics_that_filters_and_functions_make(
    observability: Recording,
) -> None:
    transformations = [
        item.inputs["metricTransformation"] for item in observability.of_type("LogMetricFilter")
    ]
    made = {(item["namespace"], item["name"]) for item in transformations}
    made.add((NAMESPACE, MISMATCHES))
    watched = {
        (alarm.inputs["namespace"], alarm.inputs["metricName"])
        for alarm in observability.of_type("MetricAlarm")
        if not alarm.inputs["namespace"].startswith("AWS/")
    }

    assert watched
    assert watched <= made


def test_functions_and_replication_are_watched_by_their_real_dimensions(
    observability: Recording, recordings: dict[str, Recording]
) -> None:
    functions = {
        alarm.inputs["dimensions"]["FunctionName"]
        for alarm in observability.of_type("MetricAlarm")
        if alarm.inputs["namespace"] == "AWS/Lambda"
    }
    late = observability.one("MetricAlarm", "replication-latency-target")

    preflight = recordings["migration"].outputs["preflight_function_name"]
    assert functions | {preflight} == {
        f.name for layer in ("edge", "migration") for f in recordings[layer].of_type("Function")
    }
    assert late.inputs["dimensions"] == {
        "ReplicationInstanceIdentifier": "replication-instance-payments-test",
        "ReplicationTaskIdentifier": "TASKID",
    }


def test_panels_of_the_dashboard_do_not_overlap(observability: Recording) -> None:
    body = json.loads(observability.one("Dashboard").inputs["dashboardBody"])
    cells = [
        {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        for widget in body["widgets"]
    ]

    assert len(cells) == 13
    assert not any(one & other for one, other in combinations(cells, 2))
    assert all(widget["x"] + widget["width"] <= 24 for widget in body["widgets"])
    assert all(widget["properties"]["metrics"] for widget in body["widgets"])


def test_what_the_validation_function_writes_is_what_is_watched_and_shown(
    observability: Recording, recordings: dict[str, Recording], capsys: pytest.CaptureFixture[str]
) -> None:
    variables = (
        recordings["migration"]
        .one("Function", "data-validation")
        .inputs["environment"]["variables"]
    )
    totals = Totals(source_rows=5, target_rows=4, missing=1, seconds=0.5)
    emit(
        variables["ENVIRONMENT"],
        variables["POWERTOOLS_SERVICE_NAME"],
        Work("payments.payments", Totals(), totals),
    )
    written = json.loads(capsys.readouterr().out)
    (metrics,) = written["_aws"]["CloudWatchMetrics"]
    whole, by_table = (set(names) for names in metrics["Dimensions"])
    alarm = observability.one("MetricAlarm", "validation-mismatches").inputs
    body = observability.one("Dashboard").inputs["dashboardBody"]

    assert alarm["namespace"] == metrics["Namespace"]
    assert alarm["dimensions"] == {name: written[name] for name in whole}
    assert f"{{{NAMESPACE},{','.join(sorted(by_table))}}}" in body
    assert f'MetricName=\\"{ROWS_PER_SECOND}\\"' in body
