"""A pair of tables as it is read: boundaries, digests, rows and values, by statements made once."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from functions.data_validation.cursor import Key, Reading, Version
from functions.data_validation.expressions import INTEGERS, Method, written
from functions.data_validation.sessions import Session
from functions.data_validation.statements import (
    BucketSpan,
    KeysetSpan,
    Span,
    Statement,
    TableStatements,
)
from functions.data_validation.tables import ColumnPair, Kind, TablePair, quoted
from functions.runtime.route import Side

__all__ = ["BucketSpan", "Digest", "KeysetSpan", "Method", "Span", "Subject"]

KEYS_PER_STATEMENT = 1_000
MOST_ROWS_OF_A_KEY = 100
HASH_DIGITS = 16

_SHOWN = frozenset(
    {"bool", "date", "float4", "float8", "int2", "int4", "int8", "interval", "numeric", "oid"}
    | {"pg_lsn", "time", "timestamp", "timestamptz", "timetz", "uuid"}
)
"""Types of keys that are identifiers, not what somebody typed in."""

_INTEGER = re.compile(r"-?[0-9]+")


class Digest(NamedTuple):
    """How many rows there are, and the sum of their hashes."""

    rows: int
    total: int


class Subject:
    """One pair of tables, with the method and the seed of its hashes.

    A Subject has no state: threads may share it. Methods that take a session raise
    functions.runtime.errors.DatabaseError.
    """

    def __init__(self, pair: TablePair, method: Method, seed: int = 0) -> None:
        self.pair = pair
        self.multiset = not pair.key
        self._statements = {side: TableStatements(pair, side, method, seed) for side in Side}

    def boundary(
        self, session: Session, side: Side, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        """Return the key of the `rows`-th row, from 1, after `after` and up to `until`.

        None when there are fewer rows. Only for a pair with `keyset`.
        """
        for row in _run(session, self._statements[side].boundary(after, until, rows)):
            return tuple(row)
        return None

    def precedes(self, session: Session, left: Key, right: Key) -> bool:
        """Return whether `left` sorts before `right`, on both sides alike, asking the source.

        Only for a pair with `keyset`.
        """
        ((answer,),) = _run(session, self._statements[Side.SOURCE].precedes(left, right))
        return bool(answer)

    def digest(self, session: Session, side: Side, span: Span, groups: int) -> dict[int, Digest]:
        """Return the digests of the span's rows, in `groups` (a power of two) by their key's hash.

        A group without rows has no digest.
        """
        ((packed,),) = _run(session, self._statements[side].digest(span, groups))
        numbers = list(map(int, packed.replace(",", " ").split(" "))) if packed else []
        return dict(zip(numbers[::3], map(Digest, numbers[1::3], numbers[2::3]), strict=True))

    def rows(
        self, session: Session, side: Side, span: Span, groups: int, selected: Sequence[int]
    ) -> dict[Key, Reading]:
        """Return the span's rows in the `selected` ones of `groups`."""
        if not selected:
            return {}
        return _readings(_run(session, self._statements[side].rows(span, groups, selected)))

    def read(self, session: Session, side: Side, keys: Sequence[Key]) -> dict[Key, Reading]:
        """Return the rows with these keys; a key that no row has gives Reading(())."""
        found: dict[Key, Reading] = {}
        remaining = iter(dict.fromkeys(keys))
        while batch := list(islice(remaining, KEYS_PER_STATEMENT)):
            readings = _readings(_run(session, self._statements[side].read(batch)))
            found |= {key: readings.get(key, Reading(())) for key in batch}
        return found

    def values(
        self, session: Session, side: Side, key: Key, columns_limit: int | None = None
    ) -> list[tuple[str | None, ...]]:
        """Return the texts of the rows with a key: the pair's first `columns_limit` columns.

        None is NULL. At most MOST_ROWS_OF_A_KEY rows, sorted. A text of more than
        describe.LONGEST_VALUE characters is cut, and ends with a digest of it, so that texts
        that differ still do. These are payment data: describe them, never log them.
        """
        columns = self.pair.columns[:columns_limit]
        statement = self._statements[side].values(key, columns, MOST_ROWS_OF_A_KEY)
        return sorted(map(tuple, _run(session, statement)), key=_nulls_first)

    def only_values(
        self, session: Session, side: Side, keys: Sequence[Key]
    ) -> dict[Key, tuple[str | None, ...]]:
        """Return the values of all columns, as `values` does, by key, of keys with one row each.

        Only for a pair with a key.
        """
        columns, width = self.pair.columns, len(self.pair.key)
        statement = self._statements[side].only_values(keys, columns)
        rows = _run(session, statement)
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}

    def where(self, key: Key) -> str:
        """Return an SQL condition that finds a row without showing payment data.

        Numbers, dates and identifiers are themselves; a text stands there by a part of its
        SHA-256. Without a key it is a condition on the row's hash, made for sessions.SETTINGS.
        """
        if self.multiset:
            return self._statements[Side.SOURCE].hash_predicate(key)
        parts = (_condition(pair, value) for pair, value in zip(self.pair.key, key, strict=True))
        return " AND ".join(parts)


def _run(session: Session, statement: Statement) -> list[tuple[Any, ...]]:
    return session.run(statement.sql, statement.parameters)


def _readings(rows: Iterable[Sequence[Any]]) -> dict[Key, Reading]:
    """Collect rows of hash, xmin and key."""
    versions: dict[Key, list[Version]] = {}
    for row_hash, written_by, *key in rows:
        versions.setdefault(tuple(key), []).append(Version(int(row_hash), written_by))
    for several in versions.values():
        if len(several) > 1:
            several.sort(key=lambda one: (one.digest, one.written_by))
    return {key: Reading(tuple(several)) for key, several in versions.items()}


def _nulls_first(row: Sequence[str | None]) -> list[tuple[bool, str]]:
    return [(value is not None, value or "") for value in row]


def _condition(pair: ColumnPair, value: str) -> str:
    name, base = quoted(pair.name), pair.source.base
    alike = base == pair.target.base or {base, pair.target.base} <= INTEGERS
    shown = pair.source.kind is Kind.BASE and base in _SHOWN and alike
    if shown and not value:
        return f"{name} IS NULL"
    if shown:
        literal = value if _INTEGER.fullmatch(value) else f"'{value}'"
        return f"{name} = {literal}"
    digest = hashlib.sha256(value.encode()).hexdigest()[:HASH_DIGITS]
    text = f"coalesce({written(pair.source, name)}, '')"
    return f"left(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), {HASH_DIGITS}) = '{digest}'"
