"""Compares one item, a table or a range of its keys, step by step.

    walk ──> chunk differs? ──> narrow to rows ──> suspects ──┬─> cleared
      ^                                                       ├─> persistent  ──> findings
      └── equal, or narrowed                                  └─> unverified  ──> findings

A step takes a cursor and returns the next one; nothing else is remembered that a verdict depends
on. So a step may fail, be repeated, or be the first of another process, and nothing is lost or
counted twice.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from functions.data_validation.cursor import Cursor, Finding, FindingKind, Totals, Verdict
from functions.data_validation.findings import persistent_findings, unverified_findings
from functions.data_validation.narrowing import Difference, Outcome, compare_span
from functions.data_validation.pace import RateLimit, next_chunk_rows
from functions.data_validation.positions import Positions
from functions.data_validation.rechecks import Recheck, Rechecker
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Subject
from functions.data_validation.walk import Walk, walk_for
from functions.runtime.errors import ContendedError, DatabaseError, SideUnavailableError

STATEMENT_TIMED_OUT = "57014"
"""query_canceled: statement_timeout (PostgreSQL manual, "PostgreSQL Error Codes")."""

MOST_FAILURES = 10
"""Failures in a row after which a step's error is raised: about half a minute of back-off."""

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 1.0
"""Pauses are cut, so that a caller short of time gets to stop between them."""

ROUND_SECONDS = 2.0
"""Waited at most in one round of rechecks, for the same reason."""


@dataclass(frozen=True)
class Limits:
    """What a comparison may take: time, rows, rows a second, and memory for what it finds."""

    chunk_seconds: float = 0.25
    first_chunk_rows: int = 10_000
    max_chunk_rows: int = 250_000
    max_rate: int | None = None
    max_findings: int = 1_000
    recheck_seconds: float = 60.0
    max_pass_rows: int = 16_000_000

    @property
    def chunk_ceiling(self) -> int:
        """Rows of the largest chunk: with a rate, no more than a second's rows."""
        return min(self.max_chunk_rows, self.max_rate or self.max_chunk_rows)


class Comparison:
    """Compares items of one table. Digests come from `sides`, rechecks from `writers`."""

    def __init__(
        self,
        subject: Subject,
        sides: Sides,
        writers: Sides,
        positions: Positions,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Compare `subject`; `sides.source` may be a replica, `positions` are of the writers."""
        self._subject = subject
        self._sides = sides
        self._writers = writers
        self._positions = positions
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._rechecker = Rechecker(subject, writers, positions, clock, sleep)
        self._rate = RateLimit(limits.max_rate, clock)
        self._last: Outcome | None = None

    def advance(self, cursor: Cursor) -> Iterator[Cursor]:
        """Go on from `cursor`; yield the cursor after every step, the last one is finished.

        Statement time-outs make chunks smaller, other passing failures are waited out, and raised
        when they do not pass: DatabaseError. The cursor yielded last stays good. Of a cursor that
        is finished, nothing is yielded.
        """
        failures = 0
        while not cursor.finished:
            started = self._clock()
            if not self._paused(cursor):
                try:
                    cursor = self._step(cursor)
                    failures = 0
                except (ContendedError, SideUnavailableError) as error:
                    failures += 1
                    cursor = self._eased(cursor, error, failures)
            cursor = _counted(cursor, Totals(seconds=self._clock() - started))
            yield cursor

    def _paused(self, cursor: Cursor) -> bool:
        """Pause as the rate demands; tell whether there is still more to wait."""
        wait = 0.0 if _standing(cursor) else self._rate.wait()
        if wait > 0:
            self._sleep(min(wait, LONGEST_PAUSE_SECONDS))
        return wait > LONGEST_PAUSE_SECONDS

    def _eased(self, cursor: Cursor, error: DatabaseError, failures: int) -> Cursor:
        """Return the cursor to try again with; wait before, unless a smaller chunk is the cure."""
        if failures >= MOST_FAILURES:
            raise error
        if error.sqlstate == STATEMENT_TIMED_OUT and not _standing(cursor):
            return self._with_smaller_chunk(cursor)
        self._sleep(min(FIRST_BACKOFF_SECONDS * 2 ** (failures - 1), LONGEST_BACKOFF_SECONDS))
        return cursor

    def _step(self, cursor: Cursor) -> Cursor:
        if _standing(cursor):
            return self._settled(cursor)
        if self._room(cursor) > 0:
            return self._rechecked(self._walked(cursor), wait_seconds=0)
        if cursor.suspects:
            return replace(cursor, settling=True)
        reason = f"{len(cursor.findings)} differences were found, the rest was not compared"
        return replace(cursor, stopped_early=reason, finished=True)

    def _walked(self, cursor: Cursor) -> Cursor:
        """Compare the next chunk. The walk stays where it is if not all differences had room."""
        started = self._clock()
        asked = cursor.chunk_rows or min(self._limits.first_chunk_rows, self._limits.chunk_ceiling)
        chunk = self._walk(cursor).chunk(cursor.position, asked)
        outcome = compare_span(
            self._subject, self._sides, chunk.span, self._limits.max_findings, self._last
        )
        seconds = self._clock() - started
        self._last = outcome
        self._rate.spend(outcome.rows)
        unknown = self._unknown(cursor, outcome)
        room = self._room(cursor)
        cursor = self._with_suspects(cursor, unknown[:room])
        if not outcome.complete or len(unknown) > room:
            return self._with_smaller_chunk(replace(cursor, chunk_rows=asked))
        rows = next_chunk_rows(
            asked,
            outcome.rows,
            seconds,
            target_seconds=self._limits.chunk_seconds,
            ceiling=self._limits.chunk_ceiling,
        )
        compared = Totals(
            source_rows=outcome.source_rows, target_rows=outcome.target_rows, chunks=1
        )
        cursor = _counted(cursor, compared)
        return replace(cursor, position=chunk.position, walked=chunk.last, chunk_rows=rows)

    def _unknown(self, cursor: Cursor, outcome: Outcome) -> list[Difference]:
        """Return the differences that are not in the cursor yet, from a chunk walked before."""
        suspected = {suspect.key for suspect in cursor.suspects}
        found = {finding.where for finding in cursor.findings}
        return [
            difference
            for difference in outcome.differences
            if difference.key not in suspected and self._subject.where(difference.key) not in found
        ]

    def _with_suspects(self, cursor: Cursor, differences: list[Difference]) -> Cursor:
        if not differences:
            return cursor
        mark, ordered = self._positions.mark(), self._writers.direction.ordered
        suspects = tuple(
            self._rechecker.suspect(each.key, *ordered(each.source, each.target), mark)
            for each in differences
        )
        return replace(cursor, suspects=cursor.suspects + suspects)

    def _with_smaller_chunk(self, cursor: Cursor) -> Cursor:
        rows = cursor.chunk_rows or self._limits.first_chunk_rows
        smaller = self._walk(cursor).smaller(cursor.position, rows)
        if smaller is None:
            return cursor
        position, rows = smaller
        return replace(cursor, position=position, chunk_rows=rows)

    def _settled(self, cursor: Cursor) -> Cursor:
        """Recheck in rounds until no suspect is left or the time for it is used up."""
        remaining = self._limits.recheck_seconds - cursor.waited
        if cursor.suspects and remaining > 0:
            started = self._clock()
            cursor = self._rechecked(cursor, wait_seconds=min(ROUND_SECONDS, remaining))
            cursor = replace(cursor, waited=cursor.waited + self._clock() - started)
        elif cursor.suspects:
            unverified = unverified_findings(
                self._subject, self._writers.direction, cursor.suspects
            )
            cursor = replace(_with_findings(cursor, unverified), suspects=())
        if cursor.suspects:
            return cursor
        return replace(cursor, settling=False, waited=0.0, finished=cursor.walked)

    def _rechecked(self, cursor: Cursor, wait_seconds: float) -> Cursor:
        if not cursor.suspects:
            return cursor
        recheck: Recheck = self._rechecker.recheck(cursor.suspects, wait_seconds)
        described = sum(bool(finding.columns) for finding in cursor.findings)
        found = persistent_findings(
            self._subject, self._writers, recheck.persistent, described=described
        )
        cursor = _counted(cursor, Totals(cleared=recheck.cleared))
        return replace(_with_findings(cursor, found), suspects=recheck.open)

    def _room(self, cursor: Cursor) -> int:
        return self._limits.max_findings - len(cursor.findings) - len(cursor.suspects)

    def _walk(self, cursor: Cursor) -> Walk:
        return walk_for(self._subject, self._sides, cursor.item, self._limits.max_pass_rows)


def _standing(cursor: Cursor) -> bool:
    """Whether the walk is over, or stands still until suspects are settled."""
    return cursor.walked or cursor.settling


def _counted(cursor: Cursor, totals: Totals) -> Cursor:
    return replace(cursor, totals=cursor.totals + totals)


def _with_findings(cursor: Cursor, findings: tuple[Finding, ...]) -> Cursor:
    persistent = [finding.kind for finding in findings if finding.verdict is Verdict.PERSISTENT]
    found = Totals(
        missing=persistent.count(FindingKind.MISSING),
        extra=persistent.count(FindingKind.EXTRA),
        different=persistent.count(FindingKind.DIFFERENT),
        unverified=len(findings) - len(persistent),
    )
    return _counted(replace(cursor, findings=cursor.findings + findings), found)
