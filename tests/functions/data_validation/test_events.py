"""Events of a validation, received through a rule of the bus by a queue."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from functions.data_validation.cursor import (
    ColumnDifference,
    Cursor,
    Finding,
    FindingKind,
    Item,
    Totals,
    Verdict,
)
from functions.data_validation.events import Events, EventUnavailableError
from functions.data_validation.preparation import Plan, PlannedTable, Selection
from functions.data_validation.report import Conditions, Report, table_report

CONDITIONS = Conditions("16.6", "17.4", "record", (), 0, "auto", schema_compared=True)
ITEM = Item("payments", "payments", number=3)
PLAN = Plan(
    run="a-run",
    started="2026-01-01T00:00:00Z",
    selection=Selection(),
    fingerprint="f",
    conditions=CONDITIONS,
    schema=(),
    on_one_side=(),
    tables=(PlannedTable("payments.payments", 1000, (), None),),
    items=(ITEM,),
)
Receive = Callable[[], tuple[str, dict[str, Any]]]


@pytest.fixture
def source() -> str:
    """A source of events of the test's own."""
    return f"payments.migration.{uuid4().hex}"


@pytest.fixture
def events(aws: None, source: str) -> Events:
    return Events(boto3.client("events"), source)


@pytest.fixture
def receive(aws: None, source: str) -> Receive:
    """Receives one event of the source, through a rule like the deployed one."""
    queues, bus = boto3.client("sqs"), boto3.client("events")
    url = queues.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = {"source": [source], "detail-type": [{"prefix": "Validation "}]}
    rule = f"rule-{uuid4().hex[:8]}"
    bus.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    bus.put_targets(
        Rule=rule, Targets=[{"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}]
    )

    def next_event() -> tuple[str, dict[str, Any]]:
        (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        event = json.loads(message["Body"])
        return event["detail-type"], event["detail"]

    return next_event


def finding(
    number: int, where: str | None = None, verdict: Verdict = Verdict.PERSISTENT
) -> Finding:
    column = ColumnDifference("amount", "numeric, 5 digits, scale 2", "numeric, 5 digits, scale 3")
    return Finding(FindingKind.DIFFERENT, verdict, where or f'"id" = {number}', (column,))


def test_the_start_tells_what_will_be_compared(events: Events, receive: Receive) -> None:
    events.started(PLAN)

    detail_type, detail = receive()
    assert detail_type == "Validation Started"
    assert detail["run"] == "a-run"
    assert (detail["tables"], detail["items"], detail["estimated_rows"]) == (1, 1, 1000)


def test_a_mismatch_tells_the_table_the_counts_and_at_most_ten_places(
    events: Events, receive: Receive
) -> None:
    findings = tuple(finding(number) for number in range(25))
    totals = Totals(missing=4, extra=1, different=25)

    events.mismatch_found("a-run", Cursor(ITEM, totals=totals, findings=findings))

    detail_type, detail = receive()
    assert detail_type == "Validation Mismatch Found"
    assert detail == {
        "run": "a-run",
        "table": "payments.payments",
        "part": 3,
        "missing": 4,
        "extra": 1,
        "different": 25,
        "where": [f'"id" = {number}' for number in range(10)],
        "finished": False,
    }


def test_places_are_those_that_differ_for_good_and_no_half_predicates(
    events: Events, receive: Receive
) -> None:
    findings = (
        finding(1, verdict=Verdict.UNVERIFIED),
        finding(2, where='"id" = ' + "9" * 5_000),
        finding(3),
    )

    events.mismatch_found("a-run", Cursor(ITEM, findings=findings))

    assert receive()[1]["where"] == ['"id" = 3']


def test_the_end_tells_verdict_counts_and_where_the_report_is(
    events: Events, receive: Receive
) -> None:
    cursor = Cursor(ITEM, finished=True, totals=Totals(source_rows=9, target_rows=8, missing=1))
    equal = replace(cursor, totals=Totals(source_rows=5, target_rows=5))
    report = Report(
        run="a-run",
        started="2026-01-01T00:00:00Z",
        ended="2026-01-01T00:01:00Z",
        conditions=CONDITIONS,
        schema=(),
        tables=(
            table_report("payments.payments", [cursor]),
            table_report("payments.refunds", [equal]),
        ),
    )

    events.completed(report, {"bucket": "b", "key": "validation/a-run/report.json"})

    detail_type, detail = receive()
    assert detail_type == "Validation Completed"
    assert detail["verdict"] == "different"
    assert detail["tables"] == {"different": 1, "equal": 1}
    assert detail["not_equal"] == ["payments.payments"]
    assert (detail["source_rows"], detail["target_rows"], detail["missing"]) == (14, 13, 1)
    assert detail["report"] == {"bucket": "b", "key": "validation/a-run/report.json"}


def test_a_bus_that_is_not_there_is_an_error_to_repeat(aws: None) -> None:
    client = boto3.client("events", endpoint_url="http://127.0.0.1:1")

    with pytest.raises(EventUnavailableError, match="Validation Started"):
        Events(client, "source").started(PLAN)
