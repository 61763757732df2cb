"""Metrics of one invocation, as CloudWatch reads them from the log."""

import json
from typing import Any

import pytest

from functions.data_validation.cursor import Totals
from functions.data_validation.metrics import Work, emit

BEFORE = Totals(source_rows=100, target_rows=100, missing=1, unverified=2, seconds=1.0)
AFTER = Totals(
    source_rows=1100,
    target_rows=1090,
    missing=3,
    extra=1,
    different=4,
    unverified=3,
    cleared=9,
    seconds=3.0,
)


@pytest.fixture
def emitted(capsys: pytest.CaptureFixture[str]) -> Any:
    """Emits the metrics of some work and returns what was written."""

    def emit_and_read(work: Work) -> dict[str, Any]:
        emit("local", "data-validation", work)
        written: dict[str, Any] = json.loads(capsys.readouterr().out)
        return written

    return emit_and_read


def test_counts_are_of_this_invocation_alone(emitted: Any) -> None:
    written = emitted(Work("payments.payments", BEFORE, AFTER))

    assert written["RowsCompared"] == [1000]
    assert written["Mismatches"] == [7]
    assert written["Unverified"] == [1]
    assert written["RowsPerSecond"] == [500]


def test_a_metric_is_of_the_table_and_of_the_whole_environment(emitted: Any) -> None:
    written = emitted(Work("payments.payments", BEFORE, AFTER))
    (metrics,) = written["_aws"]["CloudWatchMetrics"]

    assert metrics["Namespace"] == "Payments/Validation"
    assert [set(names) for names in metrics["Dimensions"]] == [
        {"service", "Environment"},
        {"service", "Environment", "Table"},
    ]
    assert (written["Table"], written["Environment"]) == ("payments.payments", "local")
    assert {metric["Name"]: metric["Unit"] for metric in metrics["Metrics"]} == {
        "RowsCompared": "Count",
        "Mismatches": "Count",
        "Unverified": "Count",
        "RowsPerSecond": "Count/Second",
    }


def test_lag_is_told_where_it_is_known(emitted: Any) -> None:
    written = emitted(Work("t", BEFORE, AFTER, lag_bytes=4096, lag_seconds=1.5))

    assert written["ReplicationLagBytes"] == [4096]
    assert written["ReplicationLagSeconds"] == [1.5]


def test_no_time_gives_no_speed(emitted: Any) -> None:
    written = emitted(Work("t", BEFORE, BEFORE))

    assert written["RowsCompared"] == [0]
    assert "RowsPerSecond" not in written


def test_the_next_table_has_nothing_of_the_one_before(emitted: Any) -> None:
    emitted(Work("first", BEFORE, AFTER, lag_bytes=1))

    written = emitted(Work("second", BEFORE, BEFORE))

    assert written["Table"] == "second"
    assert "ReplicationLagBytes" not in written
    assert "first" not in json.dumps(written)
