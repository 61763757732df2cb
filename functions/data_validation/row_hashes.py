"""The expressions of one table on one side: the hash of its rows and of their keys, and texts."""

from collections.abc import Callable, Sequence

from functions.data_validation import expressions
from functions.data_validation.expressions import Method
from functions.data_validation.tables import ColumnPair, TablePair, quoted
from functions.runtime.route import Side

ROW = "r"
"""The table's alias in every statement."""


class RowHashes:
    """SQL for a pair's table on one side. `seed` makes the hashes of two runs independent.

    `row` and `group` are hashes of a row, 64 bits; both sides give the same for the same content.
    Rows are grouped by `group`: it is the hash of the key, and of the whole row without one.
    `key_texts` are the key's columns as they travel in a Key.
    """

    def __init__(self, pair: TablePair, side: Side, method: Method, seed: int) -> None:
        self._pair = pair
        self._side = side
        self._method = method
        self._seed = seed
        self.row = self._hash(pair.columns, reference)
        self.key_texts = [
            expressions.key_text(expressions.on_side(key, side), reference(key)) for key in pair.key
        ]
        self.group = self._key_hash() if pair.key else self.row

    def mixed(self, row_hash: str) -> str:
        """Return the hash that is summed up and reported, given `row` or a name for it."""
        return expressions.mixed(self._method, row_hash, self._seed)

    def text(self, pair: ColumnPair) -> str:
        """Return the exact text of a column."""
        return expressions.text(pair, self._side, reference(pair))

    def predicate(self, row_hash: int) -> str:
        """Return a condition on the mixed hash of a row, for a query without an alias."""
        return f"{self.mixed(self._hash(self._pair.columns, bare_reference))} = {row_hash}"

    def _hash(self, columns: Sequence[ColumnPair], name: Callable[[ColumnPair], str]) -> str:
        if self._method is Method.PORTABLE:
            texts = [expressions.text(pair, self._side, name(pair)) for pair in columns]
            return expressions.portable_hash(texts, self._seed)
        items = (expressions.content(pair, self._side, name(pair)) for pair in columns)
        return expressions.record_hash([item for several in items for item in several], self._seed)

    def _key_hash(self) -> str:
        """Hash the key so that rows with the same texts of the key have the same hash.

        Different keys may have the same: it only spreads rows over groups. An integer alone is
        hashed without a record around it, which is a tenth of what a chunk's digest costs. The
        hash is never NULL, though a key may be that is none on this side.
        """
        if self._method is Method.PORTABLE:
            return expressions.portable_hash(self.key_texts, self._seed)
        if len(self._pair.key) == 1 and expressions.integer(self._pair.key[0]):
            return f"coalesce(hashint8extended({reference(self._pair.key[0])}, {self._seed}), 0)"
        items: list[str] = []
        for pair, text in zip(self._pair.key, self.key_texts, strict=True):
            if expressions.native(pair):
                items += expressions.content(pair, self._side, reference(pair))
            else:
                items.append(text)
        return expressions.record_hash(items, self._seed)


def reference(pair: ColumnPair) -> str:
    """Return SQL for a column of the table under its alias."""
    return f"{ROW}.{quoted(pair.name)}"


def bare_reference(pair: ColumnPair) -> str:
    """Return SQL for a column in a query of this table alone."""
    return quoted(pair.name)
