"""Retries by service."""

import json

import pytest

from stacks.migration.retries import RETRIES, with_retries

S3 = "arn:aws:states:::aws-sdk:s3:getObject"


def _definition(**states: object) -> str:
    return json.dumps({"StartAt": "A", "States": states})


def test_a_task_without_retries_gets_its_services_own_inside_maps_too() -> None:
    inner = {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": S3}}}
    text = _definition(A={"Type": "Map", "ItemProcessor": inner})

    found = json.loads(with_retries(text))

    assert found["States"]["A"]["ItemProcessor"]["States"]["B"]["Retry"] == [
        dict(retry) for retry in RETRIES["aws-sdk:s3"]
    ]


def test_a_task_keeps_the_retries_that_it_names() -> None:
    text = _definition(A={"Type": "Task", "Resource": S3, "Retry": []})

    assert json.loads(with_retries(text))["States"]["A"]["Retry"] == []


def test_what_is_no_task_gets_none() -> None:
    text = _definition(A={"Type": "Pass"})

    assert json.loads(with_retries(text))["States"]["A"] == {"Type": "Pass"}


def test_a_service_without_retries_is_refused_by_name() -> None:
    text = _definition(A={"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun"})

    with pytest.raises(KeyError, match="glue:startJobRun"):
        with_retries(text)


def test_only_a_function_that_could_not_settle_is_asked_again_for_minutes() -> None:
    longest = {
        error: sum(
            min(retry["MaxDelaySeconds"], retry["IntervalSeconds"] * retry["BackoffRate"] ** n)
            for n in range(retry["MaxAttempts"])
        )
        for retries in RETRIES.values()
        for retry in retries
        for error in retry["ErrorEquals"]
    }

    assert longest.pop("UnsettledError") >= 120
    assert max(longest.values()) <= 120
