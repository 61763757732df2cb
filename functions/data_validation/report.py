"""What a validation found: plain data, a verdict, and an exit code. `report_json` has its form."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum

from functions.data_validation.cursor import Cursor, Finding, Totals
from functions.data_validation.direction import Direction
from functions.data_validation.schema.model import SchemaDifference

_NUMBERS = re.compile(r"(\d+)")


class Outcome(StrEnum):
    """What can be said of a table, or of all that was compared."""

    EQUAL = "equal"
    """Every row, proven."""

    DIFFERENT = "different"
    """Something differs for good."""

    UNVERIFIED = "unverified"
    """No difference is proven, and neither is equality."""


class ExitCode(IntEnum):
    """The status that a program ends with, which scripts rely on."""

    EQUAL = 0
    DIFFERENT = 1
    UNUSABLE = 2
    """The input cannot be used: nothing was compared, so there is no report."""

    UNVERIFIED = 3


_EXIT_CODES = {
    Outcome.EQUAL: ExitCode.EQUAL,
    Outcome.DIFFERENT: ExitCode.DIFFERENT,
    Outcome.UNVERIFIED: ExitCode.UNVERIFIED,
}


@dataclass(frozen=True)
class TableReport:
    """One table that both sides have.

    `columns_on_one_side` are not compared and make the table different. `uncertifiable` says why
    equal hashes would prove nothing; `stopped_early` why the comparison ended before the table
    did; an unfinished table was interrupted.
    """

    table: str
    totals: Totals
    findings: tuple[Finding, ...] = ()
    columns_on_one_side: tuple[str, ...] = ()
    stopped_early: str | None = None
    uncertifiable: str | None = None
    finished: bool = True

    @property
    def differences(self) -> int:
        """Rows that differ for good."""
        return self.totals.missing + self.totals.extra + self.totals.different

    @property
    def outcome(self) -> Outcome:
        """Equal only if every row was compared and every suspect cleared."""
        if self.differences or self.columns_on_one_side:
            return Outcome.DIFFERENT
        doubts = self.totals.unverified or self.stopped_early or self.uncertifiable
        return Outcome.UNVERIFIED if doubts or not self.finished else Outcome.EQUAL


@dataclass(frozen=True)
class TableOnOneSide:
    """A table that has no counterpart; `side` is where it is."""

    table: str
    side: str


@dataclass(frozen=True)
class Conditions:
    """How was compared: what a reader needs to repeat it, or to judge what it proves.

    Versions are `server_version` of the servers. `method` is the row hash, with the reasons for
    which it is not the fast one. `replication` says by which positions suspects were rechecked,
    `direction` whether the target follows the source, or the source the target.
    """

    source_version: str
    target_version: str
    method: str
    method_reasons: tuple[str, ...]
    seed: int
    replication: str
    schema_compared: bool
    schema_ignored: tuple[str, ...] = ()
    direction: Direction = Direction.FORWARD


@dataclass(frozen=True)
class Report:
    """A whole validation. `started` and `ended` are ISO 8601 in UTC.

    `hindrance` says why replication may never bring the target to where the source is, if it is
    known and rows stayed unverified.
    """

    run: str
    started: str
    ended: str
    conditions: Conditions
    schema: tuple[SchemaDifference, ...]
    tables: tuple[TableReport, ...]
    on_one_side: tuple[TableOnOneSide, ...] = ()
    hindrance: str | None = None

    @property
    def outcome(self) -> Outcome:
        """Different if anything is; else unverified if anything is."""
        outcomes = {table.outcome for table in self.tables}
        if self.schema or self.on_one_side or Outcome.DIFFERENT in outcomes:
            return Outcome.DIFFERENT
        return Outcome.UNVERIFIED if Outcome.UNVERIFIED in outcomes else Outcome.EQUAL

    @property
    def exit_code(self) -> ExitCode:
        """The status that a program which made this report ends with."""
        return _EXIT_CODES[self.outcome]

    @property
    def totals(self) -> Totals:
        """The counters of all tables together."""
        return added(table.totals for table in self.tables)


def table_report(
    label: str,
    cursors: Sequence[Cursor],
    *,
    columns_on_one_side: Sequence[str] = (),
    uncertifiable: str | None = None,
) -> TableReport:
    """Return what the cursors of a table's items found, findings in the order of their places.

    A table that is `uncertifiable` has no cursors.
    """
    reasons = dict.fromkeys(c.stopped_early for c in cursors if c.stopped_early)
    findings = [finding for cursor in cursors for finding in cursor.findings]
    compared = bool(cursors) and all(cursor.finished for cursor in cursors)
    return TableReport(
        table=label,
        totals=added(cursor.totals for cursor in cursors),
        findings=tuple(sorted(findings, key=_place)),
        columns_on_one_side=tuple(columns_on_one_side),
        stopped_early="; ".join(reasons) or None,
        uncertifiable=uncertifiable,
        finished=compared or uncertifiable is not None,
    )


def added(counters: Iterable[Totals]) -> Totals:
    """Return the sum of counters, field by field."""
    listed = list(counters)
    return Totals(
        **{field.name: sum(getattr(one, field.name) for one in listed) for field in fields(Totals)}
    )


def _place(finding: Finding) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    """Sort by place, and numbers in it by value: `id = 9` before `id = 10`."""
    parts = (
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part)
        for part in _NUMBERS.split(finding.where)
    )
    return tuple(parts), finding.kind
