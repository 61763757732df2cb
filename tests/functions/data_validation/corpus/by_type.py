"""For each type: every pair of its values planted as a difference, and what is equal left alone."""

from collections.abc import Iterator

from tests.functions.data_validation.corpus.model import (
    Case,
    Expected,
    case,
    different,
    extra,
    missing,
)
from tests.functions.data_validation.corpus.types import TYPES, TypeValues

_ANCHOR = "same on both sides"


def cases() -> Iterator[Case]:
    """Yield all cases of all types."""
    for values in TYPES:
        yield _equal(values)
        yield _changed(values)
        yield _swapped(values)
        yield _multiset(values)


def _equal(values: TypeValues) -> Case:
    """Every value and NULL on both sides, some written differently, with a key and column more."""
    same: list[tuple[str | None, str | None]] = [(None, None)]
    same += [(value, value) for value in values.distinct]
    same += values.alike
    return case(
        f"equal_{values.name}",
        f"id int8 PRIMARY KEY, value {values.sql}, anchor text",
        [(str(key), source, _ANCHOR) for key, (source, _) in enumerate(same)],
        [(str(key), target, _ANCHOR) for key, (_, target) in enumerate(same)],
        requires=values.requires,
    )


def _changed(values: TypeValues) -> Case:
    """All pairs of values and NULL; one row that is missing and one that is extra."""
    changes: list[tuple[str | None, str | None]] = [*values.pairs]
    changes += [pair for value in values.distinct for pair in ((None, value), (value, None))]
    keys = range(1, len(changes) + 1)
    alone = values.distinct[0]
    expected: list[Expected] = [different(str(key), columns={"value"}) for key in keys]
    return case(
        f"changed_{values.name}",
        f"id int8 PRIMARY KEY, value {values.sql}, anchor text",
        [
            *((str(key), source, _ANCHOR) for key, (source, _) in zip(keys, changes, strict=True)),
            ("-1", alone, None),
        ],
        [
            *((str(key), target, _ANCHOR) for key, (_, target) in zip(keys, changes, strict=True)),
            ("-2", alone, None),
        ],
        *(*expected, missing("-1"), extra("-2")),
        requires=values.requires,
    )


def _swapped(values: TypeValues) -> Case:
    """Two rows with each other's value: what a sum of hashes that are linear does not see."""
    first, second = values.distinct[:2]
    return case(
        f"swapped_{values.name}",
        f"id int8 PRIMARY KEY, value {values.sql}, anchor text",
        [("1", first, "a"), ("2", second, "b")],
        [("1", second, "a"), ("2", first, "b")],
        different("1", columns={"value"}),
        different("2", columns={"value"}),
        requires=values.requires,
    )


def _multiset(values: TypeValues) -> Case:
    """Without a key: as many rows and the same values, but another one of them twice."""
    first, second = values.distinct[:2]
    return case(
        f"multiset_{values.name}",
        f"value {values.sql}",
        [(first,), (first,), (second,), (None,)],
        [(first,), (second,), (second,), (None,)],
        missing(),
        extra(),
        requires=values.requires,
    )
