"""Which pieces of work there are: whole tables, and ranges of the keys of large ones."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from functions.data_validation.cursor import Item, Key
from functions.data_validation.sessions import Session
from functions.data_validation.tables import TablePair, quoted

SAMPLED_ROWS_PER_ITEM = 10_000
"""About a hundred pages: whole pages are sampled, whose keys are often neighbours."""

LARGEST_SAMPLE = 500_000


def plan(session: Session, pairs: Sequence[TablePair], rows_per_item: int) -> tuple[Item, ...]:
    """Return the items that together are every row of every table, the largest tables first.

    Items are numbered from 0. A table whose key can be walked is split into ranges of about
    `rows_per_item` rows, at keys sampled through `session`, the source's. The first range has no
    lower bound and the last no upper one, so that rows which only the target has are in one of
    them.
    """
    items: list[Item] = []
    for pair in sorted(pairs, key=lambda pair: -pair.estimated_rows):
        items.extend(_items(session, pair, rows_per_item))
    return tuple(replace(item, number=number) for number, item in enumerate(items))


def _items(session: Session, pair: TablePair, rows_per_item: int) -> list[Item]:
    count = -(-pair.estimated_rows // rows_per_item)
    splits = _split_keys(session, pair, count) if pair.keyset and count > 1 else []
    bounds: list[Key | None] = [None, *splits, None]
    rows = pair.estimated_rows // (len(splits) + 1)
    return [
        Item(pair.source.schema, pair.source.name, 0, after, until, rows)
        for after, until in pairwise(bounds)
    ]


def _split_keys(session: Session, pair: TablePair, count: int) -> list[Key]:
    """Return up to `count - 1` keys in the key's order that cut the table into like parts."""
    sampled_rows = min(LARGEST_SAMPLE, SAMPLED_ROWS_PER_ITEM * count)
    percent = min(100.0, 100 * sampled_rows / pair.estimated_rows)
    columns = ", ".join(quoted(column.name) for column in pair.key)
    texts = ", ".join(f"{quoted(column.name)}::text" for column in pair.key)
    # SYSTEM reads whole pages, a sample's cost is the sample's size, not the table's
    # (PostgreSQL manual, SELECT, "TABLESAMPLE"). REPEATABLE makes a second plan the same.
    rows = session.run(
        f"WITH sample AS (SELECT DISTINCT {columns} FROM {pair.source.relation}"  # noqa: S608 (quoted)
        f" TABLESAMPLE SYSTEM ($1::text::real) REPEATABLE (0)),"
        f" ranked AS (SELECT {columns}, row_number() OVER (ORDER BY {columns}) AS place,"
        f" count(*) OVER () AS size FROM sample)"
        f" SELECT {texts} FROM ranked WHERE place * $2::bigint / size"
        f" > (place - 1) * $2::bigint / size AND place < size ORDER BY place",
        (f"{percent:.6f}", count),
    )
    return [tuple(row) for row in rows]
