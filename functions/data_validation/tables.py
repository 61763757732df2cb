"""What is compared: a table as each side's catalogue describes it, and what both have in common."""

from dataclasses import dataclass
from enum import StrEnum

from functions.runtime.route import Side

NAME_QUOTE = '"'


class Kind(StrEnum):
    """What a type is, once domains are resolved (pg_type.typtype, and arrays apart)."""

    BASE = "base"
    ARRAY = "array"
    ENUM = "enum"
    COMPOSITE = "composite"
    RANGE = "range"
    MULTIRANGE = "multirange"


@dataclass(frozen=True)
class Column:
    """A column. `type` is what format_type() says; the other fields look through domains.

    `base` is the type's own name, with its schema unless that is pg_catalog (`numeric`,
    `payments.payment_status`, `public.citext`); `modifier` is its typmod, -1 without one.
    `order` names the order in which the server sorts the column's values, so that two columns
    with the same text sort alike; None when no other server can be trusted to sort so.
    """

    name: str
    type: str
    kind: Kind
    base: str
    modifier: int
    order: str | None


@dataclass(frozen=True)
class Table:
    """A table on one side. `key` are the columns of its key in the key's order, () without one."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partitioned: bool
    estimated_rows: int

    @property
    def label(self) -> str:
        """`schema.table`, for people; no two tables have the same."""
        return label(self.schema, self.name)

    @property
    def relation(self) -> str:
        """What follows FROM: children of plain inheritance are tables of their own."""
        name = f"{quoted(self.schema)}.{quoted(self.name)}"
        return name if self.partitioned else f"ONLY {name}"


@dataclass(frozen=True)
class ColumnPair:
    """One column on both sides."""

    source: Column
    target: Column

    @property
    def name(self) -> str:
        """The column's name, the same on both sides."""
        return self.source.name


@dataclass(frozen=True)
class TablePair:
    """One table on both sides, with the columns that both have, in the source's order.

    `key` is empty when the rows have to be compared as a multiset: no common key.
    """

    source: Table
    target: Table
    columns: tuple[ColumnPair, ...]
    key: tuple[ColumnPair, ...]

    def on(self, side: Side) -> Table:
        """Return a side's table."""
        return self.source if side is Side.SOURCE else self.target

    @property
    def label(self) -> str:
        """`schema.table`, for people and for names of checkpoints."""
        return self.source.label

    @property
    def estimated_rows(self) -> int:
        """Rows of the larger side, by the servers' statistics."""
        return max(self.source.estimated_rows, self.target.estimated_rows)

    @property
    def keyset(self) -> bool:
        """Whether both servers sort the key alike, so that it can be walked in its order."""
        return bool(self.key) and all(
            pair.source.order is not None and pair.source.order == pair.target.order
            for pair in self.key
        )


def quoted(name: str) -> str:
    """Return an identifier quoted for SQL."""
    return NAME_QUOTE + name.replace(NAME_QUOTE, NAME_QUOTE * 2) + NAME_QUOTE


def label(schema: str, name: str) -> str:
    """Return `schema.name`; a part with a dot is quoted, else "a.b"."c" would be a."b.c"."""
    return ".".join(
        quoted(part) if "." in part or part.startswith(NAME_QUOTE) else part
        for part in (schema, name)
    )


def pair(source: Table, target: Table) -> TablePair:
    """Return what two tables of the same name have in common.

    The key is the source's if the target has the same columns: uniqueness on the target is not
    taken for granted, only its order is used.
    """
    on_target = {column.name: column for column in target.columns}
    columns = tuple(
        ColumnPair(column, on_target[column.name])
        for column in source.columns
        if column.name in on_target
    )
    by_name = {column.name: column for column in columns}
    names = source.key or target.key
    key = tuple(by_name[name] for name in names) if set(names) <= by_name.keys() else ()
    return TablePair(source, target, columns, key)
