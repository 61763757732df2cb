"""What a run is asked for: checked as a whole before anything is connected to."""

from typing import Any

import pytest

from functions.data_validation.direction import Direction
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.preparation import Selection
from functions.data_validation.request import Options, parse

DEFAULTS = {
    "concurrency": "4",
    "max_rate": "0",
    "recheck_seconds": "60",
    "replication": "auto",
    "rows_per_item": "2000000",
}


def test_nothing_asked_for_is_everything_by_the_parameters() -> None:
    request = parse({}, "an-execution", DEFAULTS)

    assert request.run == "an-execution"
    assert request.selection == Selection()
    assert request.options == Options(concurrency=4, max_rate=None, recheck_seconds=60.0)


def test_the_input_is_stronger_than_the_parameters() -> None:
    request = parse(
        {
            "run": "before-cutover",
            "schemas": ["payments"],
            "tables": ["payments.payments"],
            "options": {
                "concurrency": 8,
                "max_rate": 50_000,
                "recheck_seconds": 5,
                "replication": "slot:dms",
                "rows_per_item": 1000,
                "direction": "reverse",
                "seed": 7,
                "compare_schema": False,
                "ignored": ["index"],
            },
        },
        "an-execution",
        DEFAULTS,
    )

    assert request.run == "before-cutover"
    assert request.selection == Selection(
        schemas=("payments",),
        tables=("payments.payments",),
        replication="slot:dms",
        seed=7,
        compare_schema=False,
        ignored=("index",),
        rows_per_item=1000,
        direction=Direction.REVERSE,
    )
    assert request.options == Options(concurrency=8, max_rate=50_000, recheck_seconds=5.0)


@pytest.mark.parametrize(
    ("rate", "concurrency", "share"), [(0, 4, None), (1000, 4, 250), (3, 4, 1)]
)
def test_items_at_work_share_the_rate(rate: int, concurrency: int, share: int | None) -> None:
    given = {"options": {"max_rate": rate, "concurrency": concurrency}}

    assert parse(given, "e", DEFAULTS).options.rate_of_item == share


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "the input is not a JSON object"),
        ({"schema": ["payments"]}, "the input has unknown schema; known are options, run"),
        ({"options": []}, "options is not a JSON object"),
        ({"options": {"rate": 1, "speed": 2}}, "options has unknown rate, speed; known are"),
        ({"run": ""}, "run is not 1 to 80"),
        ({"run": "../other"}, "run is not 1 to 80"),
        ({"run": 7}, "run is not 1 to 80"),
        ({"schemas": "payments"}, "schemas is not a list of names"),
        ({"tables": [1]}, "tables is not a list of names"),
        ({"tables": [""]}, "tables is not a list of names"),
        ({"options": {"concurrency": 0}}, "concurrency is not a whole number from 1 up"),
        ({"options": {"concurrency": True}}, "concurrency is not a whole number from 1 up"),
        ({"options": {"max_rate": -1}}, "max_rate is not a whole number from 0 up"),
        ({"options": {"recheck_seconds": 0.5}}, "recheck_seconds is not a whole number"),
        ({"options": {"rows_per_item": "many"}}, "rows_per_item is not a whole number"),
        ({"options": {"replication": ""}}, "replication is not text"),
        ({"options": {"direction": "back"}}, "direction is none of forward, reverse"),
        ({"options": {"direction": ["reverse"]}}, "direction is none of forward, reverse"),
        ({"options": {"compare_schema": "no"}}, "compare_schema is neither true nor false"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given: Any, complaint: str) -> None:
    with pytest.raises(UnusableInputError, match=complaint):
        parse(given, "an-execution", DEFAULTS)


def test_a_parameter_that_is_no_number_is_named() -> None:
    with pytest.raises(UnusableInputError, match="parameter concurrency"):
        parse({}, "an-execution", {**DEFAULTS, "concurrency": "four"})
