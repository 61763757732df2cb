"""What a planted difference is: two tables, and what a comparison of them has to find."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.data_validation.cursor import FindingKind, Key
from functions.data_validation.tables import label

SCHEMA = "corpus"


@dataclass(frozen=True)
class Expected:
    """A difference: `key` as subject.Key, None for a table without key.

    `columns` are those that differ, if the row is on both sides and has a key.
    """

    kind: FindingKind
    key: Key | None
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """A table on each side, made by SQL, and all differences between the two.

    `table` is the name as it is, in SCHEMA. `requires` is an extension, or `xml`.
    """

    name: str
    source: str
    target: str
    expected: tuple[Expected, ...] = ()
    table: str = ""
    requires: str | None = None

    @property
    def label(self) -> str:
        """`schema.table`, as Table.label."""
        return label(SCHEMA, self.table or self.name)

    @property
    def equal(self) -> bool:
        """Whether both sides have the same content."""
        return not self.expected


def missing(*key: str) -> Expected:
    """Return: the row is on the source only."""
    return Expected(FindingKind.MISSING, key or None)


def extra(*key: str) -> Expected:
    """Return: the row is on the target only."""
    return Expected(FindingKind.EXTRA, key or None)


def different(*key: str, columns: Iterable[str]) -> Expected:
    """Return: the row is on both sides, with other values in `columns`."""
    return Expected(FindingKind.DIFFERENT, key, frozenset(columns))


def literal(value: str | None) -> str:
    """Return a value as SQL."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def insert(table: str, rows: Iterable[Sequence[str | None]]) -> str:
    """Return SQL that inserts rows of texts into a table of SCHEMA; '' for no rows."""
    values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"INSERT INTO {SCHEMA}.{table} VALUES {values};" if values else ""


def create(table: str, columns: str, rows: Iterable[Sequence[str | None]]) -> str:
    """Return SQL that creates a table in SCHEMA and inserts rows of texts."""
    return f"CREATE TABLE {SCHEMA}.{table} ({columns}); {insert(table, rows)}"


def case(
    name: str,
    columns: str,
    source: Iterable[Sequence[str | None]],
    target: Iterable[Sequence[str | None]],
    *expected: Expected,
    requires: str | None = None,
) -> Case:
    """Return a case whose tables have the same columns; `name` needs no quotes in SQL."""
    return Case(
        name,
        create(name, columns, source),
        create(name, columns, target),
        expected,
        requires=requires,
    )
