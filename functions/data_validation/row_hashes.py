"""The expressions of one table on one side: the hash of its rows and of their keys, and texts."""

from collections.abc import Callable

from functions.data_validation import expressions
from functions.data_validation.expressions import Method
from functions.data_validation.tables import ColumnPair, TablePair, quoted
from functions.runtime.route import Side

ROW = "r"
"""The table's alias in every statement."""

# By the type of a key of one column, its own hash: a record around it would cost as much again.
_KEY_HASHES = {
    "uuid": "uuid_hash_extended({value}, {seed})",
    **dict.fromkeys(expressions.TEXTS, "hashtextextended({value}, {seed})"),
}


class RowHashes:
    """SQL for a pair's table on one side. `seed` makes the hashes of two runs independent.

    `row` and `group` are hashes of a row, 64 bits; both sides give the same for the same content.
    Rows are grouped by `group`: it is the hash of the key, and of the whole row without one.
    `key_texts` are the key's columns as they travel in a Key.

    A record's hash is linear in its columns' hashes. Where there is a key, its value or its hash
    is the seed of these: no two rows have the same, so that a sum changes when two rows swap a
    value. One side's key is unique and not null; where the other's is not, rows with the same
    seed are more or fewer than one, and their keys, hashed with the rest, add up to something
    else.
    """

    def __init__(self, pair: TablePair, side: Side, method: Method, seed: int) -> None:
        self._pair = pair
        self._side = side
        self._method = method
        self._seed = seed
        self.key_texts = [
            expressions.key_text(expressions.on_side(key, side), reference(key)) for key in pair.key
        ]
        self._integer = (
            pair.key[0] if len(pair.key) == 1 and expressions.integer(pair.key[0]) else None
        )
        self._key = self._key_hash() if pair.key else None
        self.row = self._row_hash(reference)
        self.group = self._key or self.row

    def mixed(self, row_hash: str) -> str:
        """Return the hash that is summed up and reported, given `row` or a name for it."""
        if self._key:
            return row_hash
        return expressions.mixed(self._method, row_hash, self._seed)

    def text(self, pair: ColumnPair) -> str:
        """Return the exact text of a column."""
        return expressions.text(pair, self._side, reference(pair))

    def predicate(self, row_hash: int) -> str:
        """Return a condition on the mixed hash of a row without a key, without an alias."""
        return f"{self.mixed(self._row_hash(bare_reference))} = {row_hash}"

    def _row_hash(self, name: Callable[[ColumnPair], str]) -> str:
        if self._method is Method.PORTABLE:
            texts = [expressions.text(pair, self._side, name(pair)) for pair in self._pair.columns]
            return expressions.portable_hash(texts, self._seed)
        items = [item for pair in self._pair.columns for item in self._items(pair, name(pair))]
        return expressions.record_hash(items, self._row_seed())

    def _items(self, pair: ColumnPair, name: str) -> tuple[str, ...]:
        """Return what is hashed of a column; of a key that is the seed, 32 bits are enough."""
        content = expressions.content(pair, self._side, name)
        return content[:1] if pair == self._integer else content

    def _row_seed(self) -> int | str:
        if self._integer:
            return f"coalesce({reference(self._integer)}::int8 # {self._seed}, {self._seed})"
        return self._key or self._seed

    def _key_hash(self) -> str:
        """Hash the key so that rows with the same texts of the key have the same hash.

        An integer's hash spreads rows over groups, and is the same for some that differ. The hash
        is never NULL, though a key may be that is none on this side.
        """
        if self._method is Method.PORTABLE:
            return expressions.portable_hash(self.key_texts, self._seed)
        if self._integer:
            return f"coalesce(hashint8extended({reference(self._integer)}, {self._seed}), 0)"
        items: list[str] = []
        for pair, text in zip(self._pair.key, self.key_texts, strict=True):
            if expressions.native(pair):
                items += expressions.content(pair, self._side, reference(pair))
            else:
                items.append(text)
        own = _KEY_HASHES.get(self._pair.key[0].source.base)
        if own and len(items) == 1 and expressions.native(self._pair.key[0]):
            return f"coalesce({own.format(value=items[0], seed=self._seed)}, 0)"
        return expressions.record_hash(items, self._seed)


def reference(pair: ColumnPair) -> str:
    """Return SQL for a column of the table under its alias."""
    return f"{ROW}.{quoted(pair.name)}"


def bare_reference(pair: ColumnPair) -> str:
    """Return SQL for a column in a query of this table alone."""
    return quoted(pair.name)
