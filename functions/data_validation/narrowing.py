"""From a span that differs to the rows that differ, in bounded memory.

Rows of a span fall into groups by a hash of their key. A digest of each group tells which groups
differ, and only those groups' rows are read, a bounded number at a time, all within one snapshot a
side (PostgreSQL manual, "Repeatable Read Isolation Level").
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from functions.data_validation.cursor import Key, Reading
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import Digest, Span, Subject
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Side

R = TypeVar("R")

BATCH_ROWS = 10_000
"""Rows held at once while groups are narrowed to rows, of the larger side."""

LARGEST_GROUPS = 16_384
FEWEST_EXPECTED = 4
"""Differences of a span, when fewer are expected: more than one is likely where there is one."""

_NO_ROWS = Digest(0, 0)
_ABSENT = Reading(())

Digests = Mapping[int, Digest]
Readings = Mapping[Key, Reading]


@dataclass(frozen=True)
class Difference:
    """A row that was not the same on both sides when each was read."""

    key: Key
    source: Reading
    target: Reading


@dataclass(frozen=True)
class Outcome:
    """What a span's comparison found; `complete` unless there were more differences than asked."""

    source_rows: int
    target_rows: int
    differences: tuple[Difference, ...] = ()
    complete: bool = True

    @property
    def rows(self) -> int:
        """Rows of the larger side."""
        return max(self.source_rows, self.target_rows)


def compare_span(
    subject: Subject, sides: Sides, span: Span, limit: int, previous: Outcome | None = None
) -> Outcome:
    """Compare a span; find at most `limit` differences. Raises DatabaseError.

    One digest a side comes first, which is all that equal spans cost. If the `previous` span had
    differences, this one is expected to be like it, and its groups are compared at once.
    """
    expected = previous
    if expected is None or not expected.differences:
        digests = on_both(
            sides, lambda session, side: subject.digest(session, side, span, groups=1)
        )
        expected = Outcome(*_row_counts(digests))
        if digests[0] == digests[1]:
            return expected
    groups = groups_for(expected.rows, len(expected.differences))
    return _narrow(subject, sides, span, groups, limit)


def groups_for(rows: int, differences: int) -> int:
    """Return the number of groups, a power of two, for a span with about so many differences.

    To read a row costs about twice as much as a group's digest does. So the digests of all groups
    cost as much as the rows of the differing ones at the root of 2 * rows * differences.
    """
    wanted = max(1, rows * 2 * max(differences, FEWEST_EXPECTED))
    return min(LARGEST_GROUPS, 1 << (wanted.bit_length() // 2))


def differing_groups(source: Digests, target: Digests) -> tuple[int, ...]:
    """Return the groups whose digests differ; a group without rows has none."""
    return tuple(sorted({group for group, _ in source.items() ^ target.items()}))


def batches(
    groups: tuple[int, ...], source: Digests, target: Digests, rows: int
) -> Iterator[tuple[int, ...]]:
    """Cut groups into batches that hold at most `rows` rows a side, or a single group."""
    batch: list[int] = []
    held = 0
    for group in groups:
        size = max(source.get(group, _NO_ROWS).rows, target.get(group, _NO_ROWS).rows)
        if batch and held + size > rows:
            yield tuple(batch)
            batch, held = [], 0
        batch.append(group)
        held += size
    if batch:
        yield tuple(batch)


def differing_rows(source: Readings, target: Readings) -> Iterator[Difference]:
    """Yield the rows whose content differs, the source's first."""
    for key, reading in source.items():
        counterpart = target.get(key, _ABSENT)
        if reading.content != counterpart.content:
            yield Difference(key, reading, counterpart)
    for key, reading in target.items():
        if key not in source:
            yield Difference(key, _ABSENT, reading)


def on_both(sides: Sides, work: Callable[[Session, Side], R]) -> tuple[R, R]:
    """Do the same on both sides at once, telling each which it is."""
    return sides.each(
        lambda session: work(session, Side.SOURCE), lambda session: work(session, Side.TARGET)
    )


def _narrow(subject: Subject, sides: Sides, span: Span, groups: int, limit: int) -> Outcome:
    def opened(session: Session, side: Side) -> dict[int, Digest]:
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return subject.digest(session, side, span, groups)

    with _ending_transactions(sides):
        source, target = digests = on_both(sides, opened)
        differences: list[Difference] = []
        for batch in batches(differing_groups(source, target), source, target, BATCH_ROWS):
            readings = _read(subject, sides, span, groups, batch)
            differences.extend(differing_rows(*readings))
            if len(differences) > limit:
                break
    return Outcome(
        *_row_counts(digests), tuple(differences[:limit]), complete=len(differences) <= limit
    )


def _read(
    subject: Subject, sides: Sides, span: Span, groups: int, selected: Sequence[int]
) -> tuple[dict[Key, Reading], dict[Key, Reading]]:
    return on_both(sides, lambda session, side: subject.rows(session, side, span, groups, selected))


@contextlib.contextmanager
def _ending_transactions(sides: Sides) -> Iterator[None]:
    """End both transactions, whatever happened: nothing is ever written in them."""
    try:
        yield
    finally:
        sides.both(_end_transaction)


def _end_transaction(session: Session) -> None:
    with contextlib.suppress(DatabaseError):
        session.run("ROLLBACK")


def _row_counts(digests: tuple[Digests, Digests]) -> tuple[int, int]:
    source, target = (sum(group.rows for group in side.values()) for side in digests)
    return source, target
