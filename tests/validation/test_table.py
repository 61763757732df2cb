"""The result on the terminal: a table, what differs, and what to do next."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from functions.data_validation.cursor import (
    ColumnDifference,
    Finding,
    FindingKind,
    Totals,
    Verdict,
)
from functions.data_validation.direction import Direction
from functions.data_validation.report import Conditions, Report, TableOnOneSide, TableReport
from functions.data_validation.schema import SchemaDifference
from validation.table import print_report

EQUAL = TableReport("shop.orders", Totals(source_rows=1_000, target_rows=1_000, seconds=0.25))
REPORT = Report(
    run="a-run",
    started="2024-02-29T12:00:00Z",
    ended="2024-02-29T12:00:09Z",
    conditions=Conditions("17.10", "18.1", "record", (), 0, "none", schema_compared=True),
    schema=(),
    tables=(EQUAL,),
)


def finding(place: int, *columns: ColumnDifference) -> Finding:
    return Finding(FindingKind.DIFFERENT, Verdict.PERSISTENT, f'"id" = {place}', columns)


def printed(report: Report, place: Path | None = None) -> list[str]:
    output = io.StringIO()
    print_report(report, Console(file=output, width=120), place)
    return [line.rstrip() for line in output.getvalue().splitlines()]


def test_an_equal_result_has_no_columns_of_zeros() -> None:
    assert printed(REPORT) == [
        "table        outcome  source rows  target rows  seconds",
        "shop.orders  equal          1,000        1,000      0.2",
        "equal: 1,000 rows in 1 table and the schema",
    ]


def test_differences_are_listed_with_what_may_be_said_of_their_values() -> None:
    columns = (
        ColumnDifference("amount", "numeric, 2 digits, scale 1", "numeric, 3 digits, scale 2"),
        ColumnDifference("note", "text, 3 characters", "text, 3 characters"),
    )
    table = replace(
        EQUAL,
        totals=replace(EQUAL.totals, different=1),
        findings=(finding(7, *columns),),
        columns_on_one_side=("more",),
    )

    lines = printed(replace(REPORT, tables=(table,)))

    assert lines[2:] == [
        "shop.orders: different",
        "  columns on one side only: more",
        '  different: "id" = 7',
        "    amount: numeric, 2 digits, scale 1 on the source, numeric, 3 digits, scale 2 on the"
        " target",
        "    note: text, 3 characters on both sides, with other content",
        "different: 1 row of 1,000 in 1 table",
    ]


def test_a_comparison_while_the_target_had_the_traffic_says_so() -> None:
    conditions = replace(REPORT.conditions, direction=Direction.REVERSE)

    assert printed(replace(REPORT, conditions=conditions))[2:] == [
        "compared while the target had the traffic, and the source followed it",
        "equal: 1,000 rows in 1 table and the schema",
    ]


def test_long_lists_are_cut_and_say_where_the_rest_is() -> None:
    table = replace(
        EQUAL,
        totals=replace(EQUAL.totals, different=25),
        findings=tuple(finding(place) for place in range(25)),
    )
    report = replace(REPORT, tables=(table,))

    assert "  and 15 more, in report.json" in printed(report, Path("report.json"))
    assert "  and 15 more, which --report FILE would list" in printed(report)


def test_schema_differences_and_tables_on_one_side_are_said_once() -> None:
    report = replace(
        REPORT,
        schema=(
            SchemaDifference("table", "shop.added", "presence", None, "present"),
            SchemaDifference("column", "shop.orders.note", "default", None, "'x'"),
        ),
        on_one_side=(TableOnOneSide("shop.added", "target"), TableOnOneSide("a.b", "source")),
    )

    assert printed(report)[2:] == [
        "schema: 2 differences",
        "  table shop.added: extra on the target",
        "  column shop.orders.note: default is none on the source, 'x' on the target",
        "a.b: on the source only, not compared",
        "different: 2 schema differences, 1 table on one side only",
    ]


def test_what_could_not_be_verified_says_why_and_what_next() -> None:
    table = replace(EQUAL, totals=replace(EQUAL.totals, unverified=1))
    lagging = replace(REPORT, tables=(table,))

    assert printed(replace(lagging, hindrance="subscription s is disabled"))[-3:] == [
        "unverified: shop.orders could not be verified",
        "replication: subscription s is disabled",
        "next: mend that, then compare again",
    ]
    assert "--recheck-seconds" in printed(lagging)[-1]
    refused = replace(REPORT, tables=(replace(EQUAL, stopped_early="a side refused"),))
    assert "  not compared to its end: a side refused" in printed(refused)


def test_names_are_not_taken_for_markup() -> None:
    report = replace(REPORT, tables=(replace(EQUAL, table="shop.[red]x", stopped_early="[b]"),))

    text = "\n".join(printed(report))

    assert "shop.[red]x" in text
    assert "[b]" in text
