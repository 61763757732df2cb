"""What a user reads at the end of a validation: a table, the differences, the verdict."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from functions.data_validation.cursor import Finding, Totals
from functions.data_validation.describe import counted
from functions.data_validation.direction import Direction
from functions.data_validation.report import Outcome, Report, TableOnOneSide, TableReport
from functions.data_validation.schema.model import PRESENCE, SchemaDifference

MOST_FINDINGS = 10
"""Rows of one table, and objects of the schema, that are listed; the report has more."""

_STYLES = {Outcome.EQUAL: "green", Outcome.DIFFERENT: "red", Outcome.UNVERIFIED: "yellow"}


def print_report(report: Report, console: Console, place: Path | None) -> None:
    """Print a report; `place` is where its JSON is, None if it is nowhere."""
    if report.tables:
        console.print(_summary(report))
    for line in lines(report, place):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    style = _STYLES[report.outcome]
    conclusion = escape(verdict(report))
    console.print(f"[bold {style}]{report.outcome}[/]: {conclusion}", soft_wrap=True)


_COUNTS = ("missing", "extra", "different", "unverified")


def _summary(report: Report) -> Table:
    """Return the table of tables. Counts that are 0 everywhere would only take room."""
    shown = [name for name in _COUNTS if getattr(report.totals, name)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for header in ("source rows", "target rows", *shown, "seconds"):
        table.add_column(header, justify="right", no_wrap=True)
    for one in report.tables:
        outcome = f"[{_STYLES[one.outcome]}]{one.outcome}[/]"
        table.add_row(escape(one.table), outcome, *_figures(one.totals, shown))
    if len(report.tables) > 1:
        table.add_row("all", "", *_figures(report.totals, shown))
    return table


def _figures(totals: Totals, shown: Sequence[str]) -> Iterator[str]:
    for name in ("source_rows", "target_rows", *shown):
        yield f"{getattr(totals, name):,}"
    yield f"{totals.seconds:.1f}"


def lines(report: Report, place: Path | None) -> Iterator[str]:
    """Yield what differs or stayed unverified, line by line."""
    yield from _schema_lines(report, place)
    alone = _alone(report)
    for one in alone[:MOST_FINDINGS]:
        yield f"{one.table}: on the {one.side} only, not compared"
    yield from _more(len(alone) - MOST_FINDINGS, place)
    for table in report.tables:
        if table.outcome is not Outcome.EQUAL:
            yield from _table_lines(table, place)
    if report.conditions.direction is Direction.REVERSE:
        yield "compared while the target had the traffic, and the source followed it"
    for reason in report.conditions.method_reasons:
        yield f"compared by portable hashes, which are slower: {reason}"


def _schema_lines(report: Report, place: Path | None) -> Iterator[str]:
    if not report.schema:
        return
    yield f"schema: {counted(len(report.schema), 'difference')}"
    yield from (f"  {_schema_line(each)}" for each in report.schema[:MOST_FINDINGS])
    yield from _more(len(report.schema) - MOST_FINDINGS, place)


def _schema_line(difference: SchemaDifference) -> str:
    what = f"{difference.kind} {difference.object}"
    if difference.attribute == PRESENCE:
        return f"{what}: {'missing' if difference.target is None else 'extra'} on the target"
    source, target = (
        "none" if side is None else side for side in (difference.source, difference.target)
    )
    return f"{what}: {difference.attribute} is {source} on the source, {target} on the target"


def _table_lines(table: TableReport, place: Path | None) -> Iterator[str]:
    yield f"{table.table}: {table.outcome}"
    if table.columns_on_one_side:
        yield f"  columns on one side only: {', '.join(table.columns_on_one_side)}"
    if table.uncertifiable:
        yield f"  not compared: {table.uncertifiable}"
    if table.stopped_early:
        yield f"  not compared to its end: {table.stopped_early}"
    for finding in table.findings[:MOST_FINDINGS]:
        yield from _finding_lines(finding)
    yield from _more(len(table.findings) - MOST_FINDINGS, place)


def _finding_lines(finding: Finding) -> Iterator[str]:
    verdict = "" if finding.verdict == "persistent" else f" ({finding.verdict})"
    yield f"  {finding.kind}{verdict}: {finding.where}"
    for column in finding.columns:
        if column.source == column.target:
            yield f"    {column.column}: {column.source} on both sides, with other content"
        else:
            sides = f"{column.source} on the source, {column.target} on the target"
            yield f"    {column.column}: {sides}"


def _more(number: int, place: Path | None) -> Iterator[str]:
    if number > 0:
        where = f"in {place}" if place else "which --report FILE would list"
        yield f"  and {number:,} more, {where}"


def verdict(report: Report) -> str:
    """Return one sentence: what the outcome rests on, and what to do next."""
    totals = report.totals
    compared = max(totals.source_rows, totals.target_rows)
    tables = counted(len(report.tables), "table")
    if report.outcome is Outcome.EQUAL:
        cleared = f"; {counted(totals.cleared, 'row')} differed at first" if totals.cleared else ""
        schema = " and the schema" if report.conditions.schema_compared else ""
        return f"{counted(compared, 'row')} in {tables}{schema}{cleared}"
    if report.outcome is Outcome.DIFFERENT:
        differing = totals.missing + totals.extra + totals.different
        found = (
            (differing, "row", f" of {compared:,} in {tables}"),
            (len(report.schema), "schema difference", ""),
            (len(_alone(report)), "table", " on one side only"),
        )
        said = [counted(number, thing) + where for number, thing, where in found if number]
        return ", ".join(said) or "tables have other columns"
    doubtful = [table.table for table in report.tables if table.outcome is Outcome.UNVERIFIED]
    return f"{', '.join(doubtful[:MOST_FINDINGS])} could not be verified\n{_next(report)}"


def _next(report: Report) -> str:
    if report.hindrance:
        return f"replication: {report.hindrance}\nnext: mend that, then compare again"
    if report.totals.unverified:
        return (
            "next: see that replication has caught up, then compare again;"
            " --recheck-seconds gives rows longer to settle"
        )
    return "next: see above what stood in the way, then compare again"


def _alone(report: Report) -> list[TableOnOneSide]:
    """Return the tables without counterpart that are no schema difference of their own."""
    told = {each.object for each in report.schema if each.attribute == PRESENCE}
    return [one for one in report.on_one_side if one.table not in told]
