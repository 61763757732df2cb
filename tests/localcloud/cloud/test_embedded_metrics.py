"""Metrics in a function's log come to be metrics."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from localcloud.cloud.embedded_metrics import extract
from tests.localcloud.conftest import eventually, zip_of

MOMENT = 1_767_225_600_000
LINE: dict[str, Any] = {
    "_aws": {
        "Timestamp": MOMENT,
        "CloudWatchMetrics": [
            {
                "Namespace": "Things",
                "Dimensions": [["Service"], ["Table", "Service"]],
                "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Absent"}],
            }
        ],
    },
    "Service": "counting",
    "Table": "a",
    "Rows": [3, 4],
}
COUNTING = """
import json, time
def handler(event, context):
    print("not a metric")
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": event["namespace"], "Dimensions": [["Table"]],
            "Metrics": [{"Name": "Rows", "Unit": "Count"}]}]},
        "Table": "payments", "Rows": event["rows"]}))
"""


def test_every_set_of_dimensions_has_the_values() -> None:
    found = [datum.data for datum in extract(json.dumps(LINE))]

    assert [[d["Name"] for d in data["Dimensions"]] for data in found] == [
        ["Service"],
        ["Service", "Table"],
    ]
    for data in found:
        assert (data["MetricName"], data["Values"], data["Unit"]) == ("Rows", [3, 4], "Count")
        assert data["Timestamp"].replace(tzinfo=UTC) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: 1",
        '{"level": "INFO"}',
        '{"_aws": {}}',
        '{"_aws": 7}',
        '{"_aws": ',
        json.dumps({**LINE, "Rows": "many"}),
        json.dumps({**LINE, "Rows": [1] * 101}),
        json.dumps({key: value for key, value in LINE.items() if key != "Table"}),
    ],
)
def test_a_line_of_another_form_has_no_metrics(line: str) -> None:
    assert extract(line) == []


def test_what_a_function_prints_can_be_read_from_cloudwatch(
    client: Callable[[str], Any], role: str
) -> None:
    namespace = f"Things-{uuid4().hex[:8]}"
    name = f"lambda-counting-{uuid4().hex[:8]}"
    client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zip_of({"app.py": COUNTING})},
    )
    for rows in (5, 7):
        event = json.dumps({"namespace": namespace, "rows": rows})
        client("lambda").invoke(FunctionName=name, Payload=event)

    def total() -> float:
        now = datetime.now(UTC)
        answer = client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName="Rows",
            Dimensions=[{"Name": "Table", "Value": "payments"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    assert eventually(lambda: total() == 12, 20)
