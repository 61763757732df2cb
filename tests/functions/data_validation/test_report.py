"""A verdict is never better than what was proven, and its JSON form is the documented one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
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
from functions.data_validation.direction import Direction
from functions.data_validation.errors import CheckpointError
from functions.data_validation.report import (
    Conditions,
    ExitCode,
    Outcome,
    Report,
    TableOnOneSide,
    TableReport,
    table_report,
)
from functions.data_validation.report_json import from_json, to_json
from functions.data_validation.schema import SchemaDifference

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "validation-report.schema.json").read_text("utf-8")
)
CONDITIONS = Conditions("17.10", "18.1", "record", (), 0, "none", schema_compared=True)
EQUAL = TableReport("shop.orders", Totals(source_rows=3, target_rows=3, chunks=1))
FINDING = Finding(
    FindingKind.DIFFERENT,
    Verdict.PERSISTENT,
    '"id" = 7',
    (ColumnDifference("amount", "numeric, 2 digits, scale 1", "numeric, 3 digits, scale 2"),),
)
DIFFERENCE = SchemaDifference("index", "shop.orders_at", "presence", "present", None)


def report(*tables: TableReport, **others: Any) -> Report:
    times = {"started": "2024-02-29T12:00:00Z", "ended": "2024-02-29T12:00:09Z"}
    return Report(
        run="a-run", conditions=CONDITIONS, tables=tables, **{"schema": (), **times, **others}
    )


DIFFERENT = replace(EQUAL, totals=replace(EQUAL.totals, different=1), findings=(FINDING,))
UNVERIFIED = replace(EQUAL, totals=replace(EQUAL.totals, unverified=1))


@pytest.mark.parametrize(
    ("table", "outcome"),
    [
        (EQUAL, Outcome.EQUAL),
        (replace(EQUAL, totals=replace(EQUAL.totals, cleared=5)), Outcome.EQUAL),
        (DIFFERENT, Outcome.DIFFERENT),
        (replace(EQUAL, totals=replace(EQUAL.totals, missing=1)), Outcome.DIFFERENT),
        (replace(EQUAL, totals=replace(EQUAL.totals, extra=1)), Outcome.DIFFERENT),
        (replace(EQUAL, columns_on_one_side=("note",)), Outcome.DIFFERENT),
        (UNVERIFIED, Outcome.UNVERIFIED),
        (replace(EQUAL, stopped_early="refused"), Outcome.UNVERIFIED),
        (replace(EQUAL, uncertifiable="floats"), Outcome.UNVERIFIED),
        (replace(EQUAL, finished=False), Outcome.UNVERIFIED),
        (replace(DIFFERENT, finished=False), Outcome.DIFFERENT),
    ],
)
def test_a_table_is_equal_only_if_nothing_speaks_against_it(
    table: TableReport, outcome: Outcome
) -> None:
    assert table.outcome == outcome


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        (report(EQUAL), ExitCode.EQUAL),
        (report(EQUAL, DIFFERENT), ExitCode.DIFFERENT),
        (report(EQUAL, UNVERIFIED), ExitCode.UNVERIFIED),
        (report(UNVERIFIED, DIFFERENT), ExitCode.DIFFERENT),
        (report(EQUAL, schema=(DIFFERENCE,)), ExitCode.DIFFERENT),
        (report(EQUAL, on_one_side=(TableOnOneSide("a.b", "source"),)), ExitCode.DIFFERENT),
    ],
)
def test_the_exit_code_follows_from_the_worst(whole: Report, code: ExitCode) -> None:
    assert whole.exit_code == code


def test_a_tables_report_adds_up_its_items_and_orders_its_findings() -> None:
    def cursor(number: int, *places: int, **others: Any) -> Cursor:
        findings = tuple(replace(FINDING, where=f'"id" = {place}') for place in places)
        totals = Totals(source_rows=10, target_rows=9, different=len(places), seconds=0.5)
        item = Item("shop", "orders", number)
        return Cursor(item, finished=True, findings=findings, totals=totals, **others)

    merged = table_report("shop.orders", [cursor(1, 10, 100), cursor(0, 9, 2)])

    assert [finding.where for finding in merged.findings] == [
        '"id" = 2',
        '"id" = 9',
        '"id" = 10',
        '"id" = 100',
    ]
    assert merged.totals == Totals(source_rows=20, target_rows=18, different=4, seconds=1.0)
    assert merged.finished


def test_a_table_with_an_unfinished_item_or_none_is_unfinished() -> None:
    item = Item("shop", "orders")

    assert not table_report("t", [Cursor(item, finished=True), Cursor(item)]).finished
    assert not table_report("t", []).finished
    assert table_report("t", [], uncertifiable="no column in common").finished


FULL = report(
    EQUAL,
    DIFFERENT,
    replace(UNVERIFIED, stopped_early="refused", uncertifiable="floats"),
    schema=(DIFFERENCE,),
    on_one_side=(TableOnOneSide("shop.added", "target"),),
    hindrance="subscription s is disabled",
)


@pytest.mark.parametrize("whole", [report(EQUAL), FULL], ids=["equal", "full"])
def test_a_report_survives_json_and_is_what_the_schema_says(whole: Report) -> None:
    document = json.loads(json.dumps(to_json(whole)))

    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert from_json(document) == whole
    assert document["outcome"] == whole.outcome
    assert document["exit_code"] == whole.exit_code
    assert [table["outcome"] for table in document["tables"]] == [t.outcome for t in whole.tables]


def test_the_schema_is_a_schema_and_refuses_what_is_left_out_or_added() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    document = to_json(FULL)

    for name in document:
        assert not validator.is_valid({key: document[key] for key in document if key != name})
    assert not validator.is_valid({**document, "surprise": 1})
    assert not validator.is_valid({**document, "exit_code": 2})


def test_a_report_has_its_direction_and_one_of_before_is_forward() -> None:
    reverse = replace(FULL, conditions=replace(CONDITIONS, direction=Direction.REVERSE))
    document = json.loads(json.dumps(to_json(reverse)))
    assert document["conditions"]["direction"] == "reverse"
    assert from_json(document) == reverse

    del document["conditions"]["direction"]

    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert from_json(document) == FULL


def test_a_report_of_another_version_or_shape_is_refused() -> None:
    document = to_json(FULL)

    with pytest.raises(CheckpointError, match="version 2"):
        from_json({**document, "version": 2})
    with pytest.raises(CheckpointError, match=r"report\.run is not str"):
        from_json({**document, "run": 7})
    with pytest.raises(CheckpointError, match="too many or too few fields: conditions"):
        from_json({key: value for key, value in document.items() if key != "conditions"})
