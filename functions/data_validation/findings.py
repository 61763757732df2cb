"""What is reported about a row that differs: how, where, and in which columns."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from functions.data_validation.cursor import (
    ColumnDifference,
    Finding,
    FindingKind,
    Key,
    Reading,
    Verdict,
)
from functions.data_validation.describe import describe
from functions.data_validation.direction import Direction
from functions.data_validation.narrowing import on_both
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Subject
from functions.data_validation.suspects import Suspect

MOST_ROWS_DESCRIBED = 100
"""Rows of an item whose values are fetched: enough to see a pattern."""

MOST_COLUMNS_DESCRIBED = 20
ROWS_AT_ONCE = 10
"""Rows whose values are held at once: a value may have 100,000 characters."""

Values = tuple[str | None, ...]


def kind_of(source: Reading, target: Reading) -> FindingKind:
    """Return in which way a key's rows differ: which side has rows that the other lacks."""
    on_source, on_target = Counter(source.content), Counter(target.content)
    if not on_target - on_source:
        return FindingKind.MISSING
    if not on_source - on_target:
        return FindingKind.EXTRA
    return FindingKind.DIFFERENT


def persistent_findings(
    subject: Subject, writers: Sides, suspects: Sequence[Suspect], described: int
) -> tuple[Finding, ...]:
    """Return findings for rows that differ for good, with columns for those that have both rows.

    `described` rows of the item have had their values fetched before. Raises DatabaseError.
    """
    kinds = [_kind(suspect, writers.direction) for suspect in suspects]
    comparable = [
        suspect.key
        for suspect, kind in zip(suspects, kinds, strict=True)
        if kind is FindingKind.DIFFERENT and not subject.multiset
    ]
    columns = _differing_columns(
        subject, writers, comparable[: max(0, MOST_ROWS_DESCRIBED - described)]
    )
    return tuple(
        Finding(
            kind,
            Verdict.PERSISTENT,
            subject.where(suspect.key),
            columns.get(suspect.key, ()),
        )
        for suspect, kind in zip(suspects, kinds, strict=True)
    )


def unverified_findings(
    subject: Subject, direction: Direction, suspects: Sequence[Suspect]
) -> tuple[Finding, ...]:
    """Return findings for rows of which it could not be told whether they differ for good."""
    return tuple(
        Finding(
            _kind(suspect, direction),
            Verdict.UNVERIFIED,
            subject.where(suspect.key),
        )
        for suspect in suspects
    )


def _kind(suspect: Suspect, direction: Direction) -> FindingKind:
    return kind_of(*direction.ordered(suspect.source, suspect.target))


def _differing_columns(
    subject: Subject, writers: Sides, keys: Sequence[Key]
) -> dict[Key, tuple[ColumnDifference, ...]]:
    """Compare the rows of each key column by column; values are described, never kept.

    Nothing is said of a key that by now has other than one row a side.
    """
    differing = {}
    for start in range(0, len(keys), ROWS_AT_ONCE):
        batch = keys[start : start + ROWS_AT_ONCE]
        source, target = _values(subject, writers, batch)
        for key in source.keys() & target.keys():
            differing[key] = _described(subject, source[key], target[key])
    return differing


def _values(
    subject: Subject, writers: Sides, keys: Sequence[Key]
) -> tuple[dict[Key, Values], dict[Key, Values]]:
    return on_both(writers, lambda session, side: subject.only_values(session, side, keys))


def _described(subject: Subject, source: Values, target: Values) -> tuple[ColumnDifference, ...]:
    differences = (
        ColumnDifference(
            pair.name, describe(on_source, pair.source), describe(on_target, pair.target)
        )
        for pair, on_source, on_target in zip(subject.pair.columns, source, target, strict=True)
        if on_source != on_target
    )
    return tuple(islice(differences, MOST_COLUMNS_DESCRIBED))
