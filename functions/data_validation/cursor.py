"""How far the comparison of one table, or of one range of its keys, has come.

A cursor is all that a later call needs to go on: it is immutable, plain data, and small whatever
the table's size. Its JSON form is versioned.
"""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from functions.data_validation.tables import label

VERSION = 1
Key = tuple[str, ...]
"""A key's values as text, in the key's order. For a table without key: its row hash."""


class FindingKind(StrEnum):
    """In which way a row differs."""

    MISSING = "missing"
    """On the source only."""

    EXTRA = "extra"
    """On the target only."""

    DIFFERENT = "different"
    """On both, with other content."""


class Verdict(StrEnum):
    """What became of a difference that was rechecked."""

    PERSISTENT = "persistent"
    """The target has passed the source's position and still differs."""

    UNVERIFIED = "unverified"
    """It could not be told: the row never stood still, or the target did not get there."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a row: its hash, and the transaction that wrote it (xmin)."""

    digest: int
    written_by: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A row, read on one side: its versions, of which a key that is unique has one or none.

    `count` rows have the key; `versions` is sorted.
    """

    versions: tuple[Version, ...]

    @property
    def content(self) -> tuple[int, ...]:
        """The hashes alone, sorted: what the row says, whoever wrote it."""
        if len(self.versions) == 1:
            return (self.versions[0].digest,)
        return tuple(sorted(version.digest for version in self.versions))


@dataclass(frozen=True)
class ColumnDifference:
    """A column that differs, with its values described, never shown."""

    column: str
    source: str
    target: str


@dataclass(frozen=True)
class Finding:
    """A row that differs for good, or could not be verified."""

    kind: FindingKind
    verdict: Verdict
    where: str
    columns: tuple[ColumnDifference, ...] = ()


@dataclass(frozen=True)
class Totals:
    """Counters. Rows are those compared so far; `cleared` are suspects that turned out equal."""

    source_rows: int = 0
    target_rows: int = 0
    chunks: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    unverified: int = 0
    cleared: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Totals") -> "Totals":
        """Return the sums, field by field."""
        return Totals(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


@dataclass(frozen=True)
class Item:
    """A piece of work: a table, or the keys above `after` up to and including `until`."""

    schema: str
    name: str
    number: int = 0
    after: Key | None = None
    until: Key | None = None
    estimated_rows: int = 0

    @property
    def label(self) -> str:
        """The table's label, as in tables.TablePair."""
        return label(self.schema, self.name)


@dataclass(frozen=True)
class Cursor:
    """The state of one item. `suspects` is owned and documented by the suspects module.

    The walk compares chunk after chunk up to `position`, until it has `walked` all, or stands
    still because suspects are `settling`: they are rechecked, and `waited` seconds have gone by.
    """

    item: Item
    position: Key | None = None
    walked: bool = False
    settling: bool = False
    waited: float = 0.0
    finished: bool = False
    stopped_early: str | None = None
    chunk_rows: int = 0
    totals: Totals = Totals()
    suspects: tuple[Any, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
