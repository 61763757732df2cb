"""Looks at a bounded number of rows of every table for values that would not survive.

A table that is small by the planner's estimate is read whole; of others some pages are drawn
(PostgreSQL manual, SELECT, TABLESAMPLE SYSTEM). So what is found is there, and what is not found
may be there all the same: every finding says how many rows were looked at.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from functions.preflight.checks.columns import LOBS, Column, columns
from functions.preflight.model import Probe, Row, Rows
from functions.preflight.scope import COLUMNS, with_relation
from functions.runtime.errors import DatabaseError, SideUnavailableError

SECONDS = 30.0
"""For all tables together; those that are not reached are named in a note."""

# As the planner does it: the density of the last analysis times the pages of now.
_TABLES = with_relation(
    """
SELECT t.name, size.pages,
       (size.pages * CASE WHEN relpages > 0 AND reltuples >= 0 THEN reltuples / relpages
                          ELSE 80 END)::bigint
  FROM relation t
 CROSS JOIN LATERAL (SELECT pg_relation_size(t.oid) / current_setting('block_size')::bigint)
         AS size (pages)
 WHERE t.relkind = 'r' ORDER BY 1
"""
)
_TIMES = frozenset({"date", "timestamp", "timestamptz"})
_NUMBERS = frozenset({"numeric", "float4", "float8"})
_LEAST_PAGES = 20
"""Drawn on average, so that a sample is never empty by chance."""

_MOST = 10
"""How many times the wanted number of rows may come with the pages that are drawn."""

_BARE_VARCHAR = "varchar"
_NO_MODIFIER = -1
SIZE = "size"
"""The measure of the greatest number of bytes that DMS counts for a value."""

_SPECIAL = {
    "infinite times": "bool_or({c} IN ('infinity', '-infinity'))",
    "times before Christ": "bool_or({c} < '0001-01-01' AND {c} <> '-infinity')",
    "times after the year 9999": "bool_or({c} >= '10000-01-01' AND {c} <> 'infinity')",
}
_SPECIAL_NUMBERS = {"NaN or infinite numbers": "bool_or({c}::text ~ 'N|I')"}
_LONG_NUMBERS = {
    "numbers of more than 28 digits": "bool_or("
    "length(replace(ltrim(replace({c}::text, '-', ''), '0'), '.', '')) > 28)"
}
"""What MapUnboundedNumericAsString does not carry as a change (see `unbounded-numeric`)."""


class Extent(NamedTuple):
    """A table's size by the planner's estimate."""

    table: str
    pages: int
    rows: int


@dataclass(frozen=True)
class Measure:
    """One question about a column: its name, and the aggregate that answers it."""

    column: Column
    name: str
    expression: str


@dataclass(frozen=True)
class Sampled:
    """What a table's rows gave. `rows` were looked at, of about `estimated`.

    `values` are by column and measure; None when the table could not be read, or not in time.
    """

    table: str
    rows: int
    estimated: int
    values: Mapping[tuple[str, str], int | bool | None] | None

    @property
    def extent(self) -> str:
        """How much was looked at, in words."""
        if self.whole:
            return f"in all of {self.rows:,} rows"
        return f"in a sample of {self.rows:,} of about {self.estimated:,} rows"

    @property
    def whole(self) -> bool:
        """Whether every row was looked at."""
        return self.values is not None and self.rows >= self.estimated


def sample(probe: Probe) -> Rows:
    """Return one row for every table, holding a Sampled."""
    limit = probe.situation.thresholds.sample_rows
    measures = {
        table: tuple(each for column in several for each in measures_of(column))
        for table, several in groupby(columns(probe.rows(COLUMNS)), key=lambda each: each.table)
    }
    until = time.monotonic() + SECONDS
    return [
        (_sampled(probe, Extent(*row), measures[row[0]], limit, until),)
        for row in probe.rows(_TABLES)
        if measures.get(row[0])
    ]


def measures_of(column: Column) -> Iterator[Measure]:
    """Yield what is asked about a column: nothing of most types."""
    questions: dict[str, str] = {}
    if column.base in _TIMES:
        questions = _SPECIAL
    elif column.base in _NUMBERS:
        questions = _SPECIAL_NUMBERS | (_LONG_NUMBERS if _is_bare_numeric(column) else {})
    elif column.base == "bytea":
        questions = {SIZE: "max(octet_length({c}))"}
    elif column.base in LOBS or _is_bare_varchar(column):
        # DMS counts two bytes a character of a CLOB, four if one needs four in UTF-8.
        questions = {SIZE: "max(greatest(2 * length({c}::text), octet_length({c}::text)))"}
    for name, expression in questions.items():
        yield Measure(column, name, expression.format(c=column.name))


def _is_bare_numeric(column: Column) -> bool:
    return column.base == "numeric" and column.precision is None


def _is_bare_varchar(column: Column) -> bool:
    return column.base == _BARE_VARCHAR and column.modifier == _NO_MODIFIER


def statement(extent: Extent, measures: Sequence[Measure], limit: int) -> str:
    """Return the statement that answers the questions about a table in one row."""
    names = ", ".join(dict.fromkeys(measure.column.name for measure in measures))
    drawn, most = "", limit
    if extent.rows > limit:
        share = max(limit / extent.rows, _LEAST_PAGES / max(extent.pages, 1))
        drawn, most = f" TABLESAMPLE SYSTEM ({min(1.0, share) * 100:.9f})", limit * _MOST
    answers = ", ".join(measure.expression for measure in measures)
    return (
        f"SELECT count(*)::bigint, {answers}"  # noqa: S608  # names as the server quotes them
        f" FROM (SELECT {names} FROM ONLY {extent.table}{drawn} LIMIT {most}) AS sampled"
    )


def _sampled(
    probe: Probe, extent: Extent, measures: Sequence[Measure], limit: int, until: float
) -> Sampled:
    nothing = Sampled(extent.table, 0, extent.rows, None)
    if time.monotonic() > until:
        return nothing
    try:
        [(rows, *answers)] = probe.rows(statement(extent, measures, limit))
    except SideUnavailableError:
        raise
    except DatabaseError:
        return nothing
    values = {
        (measure.column.name, measure.name): answer
        for measure, answer in zip(measures, answers, strict=True)
    }
    whole = rows < limit and extent.rows <= limit
    estimated = rows if whole else max(extent.rows, rows + 1)
    return Sampled(extent.table, rows, estimated, values)


def sampled(rows: Rows) -> tuple[Sampled, ...]:
    """Return what the rows of `sample` hold."""
    return tuple(_only(row) for row in rows)


def _only(row: Row) -> Sampled:
    [found] = row
    assert isinstance(found, Sampled)
    return found
