"""The SQL statements that read one table on one side.

Every statement that hashes has the same shape: an inner query with the hashes of the rows, which
`OFFSET 0` keeps the planner from merging into the outer one, and an outer query that groups or
filters by them. So each hash is computed once a row; and the planner, which knows nothing about
the inner query's values, groups by a hash table, where for a table's own column it may sort.

Identifiers are quoted; values are parameters that travel as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from functions.data_validation.cursor import Key
from functions.data_validation.describe import LONGEST_VALUE
from functions.data_validation.expressions import Method, key_type
from functions.data_validation.row_hashes import ROW, RowHashes, reference
from functions.data_validation.tables import ColumnPair, TablePair
from functions.runtime.route import Side


@dataclass(frozen=True)
class KeysetSpan:
    """The rows whose key is above `after` and not above `until`; None is no bound."""

    after: Key | None
    until: Key | None


@dataclass(frozen=True)
class BucketSpan:
    """The rows whose hash has the remainder `number` modulo `of`, a power of two."""

    number: int
    of: int


Span = KeysetSpan | BucketSpan


@dataclass(frozen=True)
class Statement:
    """A statement and the values of its `$1`… parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


class _Parameters:
    """Numbers the values of a statement in the making."""

    def __init__(self) -> None:
        self._values: list[object] = []

    def text(self, value: str, sql_type: str) -> str:
        """Take a value, and return SQL for it as a `sql_type`."""
        self._values.append(value)
        return f"${len(self._values)}::text::{sql_type}"

    def texts(self, values: Sequence[str], sql_type: str) -> str:
        """Take an array of values, and return SQL for it as an array of `sql_type`."""
        self._values.append(list(values))
        return f"${len(self._values)}::text[]::{sql_type}[]"

    def statement(self, sql: str) -> Statement:
        """Return the finished statement."""
        return Statement(sql, tuple(self._values))


class TableStatements:
    """Statements on one side of a pair."""

    def __init__(self, pair: TablePair, side: Side, method: Method, seed: int) -> None:
        table = pair.source if side is Side.SOURCE else pair.target
        self._key = pair.key
        self._table = f"{table.relation} AS {ROW}"
        self._hashes = RowHashes(pair, side, method, seed)

    def boundary(self, after: Key | None, until: Key | None, rows: int) -> Statement:
        """Select the key of the `rows`-th row of a range of the key.

        Its text is made of the one row outside the inner query, which would make that of all rows
        before it.
        """
        parameters = _Parameters()
        columns = [reference(key) for key in self._key]
        ending = f"ORDER BY {', '.join(columns)} OFFSET {rows - 1} LIMIT 1"
        inner = _query(columns, self._table, self._range(after, until, parameters), ending)
        return parameters.statement(_query(self._hashes.key_texts, f"({inner}) AS {ROW}"))

    def precedes(self, left: Key, right: Key) -> Statement:
        """Select whether one key sorts before another.

        The empty subquery lends the column's collation to the parameter (manual, "Collation
        Support": an implicit collation that is not the default wins).
        """
        parameters = _Parameters()

        def row(key: Key) -> str:
            values = []
            for column, value in zip(self._key, key, strict=True):
                empty = _query([reference(column)], self._table, "false")
                given = parameters.text(value, self._operand(column)[1])
                values.append(f"coalesce(({empty}), {given})")
            return f"({', '.join(values)})"

        return parameters.statement(f"SELECT {row(left)} < {row(right)}")

    def digest(self, span: Span, groups: int) -> Statement:
        """Select number, rows and sum of hashes of each of `groups` groups that has rows.

        They come as one text, `1 20 -300,2 10 456`: thousands of rows would cost the client more.
        """
        parameters = _Parameters()
        inner, outer = self._in_span(span, parameters)
        hashes = [f"{self._hashes.row} AS h"]
        group = _group("h", span, groups)
        if groups > 1 and self._key:
            hashes.append(f"{_group(self._hashes.group, span, groups)} AS g")
            group = "g"
        source = _fenced(hashes, self._table, " AND ".join(inner))
        columns = [f"{group} AS g", "count(*) AS n", f"sum({self._hashes.mixed('h')}) AS total"]
        ending = "GROUP BY 1" if groups > 1 else ""
        digests = _query(columns, source, " AND ".join(outer), ending)
        packed = "string_agg(concat_ws(' ', g, n, total), ',')"
        return parameters.statement(_query([packed], f"({digests}) AS d", "n > 0"))

    def rows(self, span: Span, groups: int, selected: Sequence[int]) -> Statement:
        """Select hash, xmin and key of the rows of the `selected` groups.

        With a key, the other groups' rows are left out before their content is hashed.
        """
        parameters = _Parameters()
        inner, outer = self._in_span(span, parameters)
        if groups > 1:
            numbers = parameters.texts([str(number) for number in selected], "bigint")
            group = _group(self._hashes.group if self._key else "h", span, groups)
            (inner if self._key else outer).append(f"{group} = ANY ({numbers})")
        columns = (f"{self._hashes.row} AS h", *self._row_columns())
        source = _fenced(columns, self._table, " AND ".join(inner))
        return parameters.statement(_query(self._reading_columns(), source, " AND ".join(outer)))

    def read(self, keys: Sequence[Key]) -> Statement:
        """Select hash, xmin and key of the rows that have one of the keys."""
        parameters = _Parameters()
        inner, outer = self._having(keys, parameters)
        source = _fenced((f"{self._hashes.row} AS h", *self._row_columns()), self._table, inner)
        return parameters.statement(_query(self._reading_columns(), source, outer))

    def values(self, key: Key, columns: Sequence[ColumnPair], most_rows: int) -> Statement:
        """Select the texts of columns of the rows that have the key."""
        parameters = _Parameters()
        inner, outer = self._having([key], parameters)
        names, source = self._with_values(columns, inner)
        return parameters.statement(_query(names, source, outer, f"LIMIT {most_rows}"))

    def only_values(self, keys: Sequence[Key], columns: Sequence[ColumnPair]) -> Statement:
        """Select the key and the texts of columns, for those of the keys that one row has."""
        parameters = _Parameters()
        inner, outer = self._having(keys, parameters)
        names, source = self._with_values(columns, inner)
        key = [f"k{number}" for number in range(len(self._key))]
        values = [f"min({name})" for name in names]
        ending = f"GROUP BY {', '.join(key)} HAVING count(*) = 1"
        return parameters.statement(_query([*key, *values], source, outer, ending))

    def _with_values(self, columns: Sequence[ColumnPair], condition: str) -> tuple[list[str], str]:
        """Return names of columns' texts, and the query that has them beside hash and key."""
        names = [f"v{number}" for number in range(len(columns))]
        texts = (
            f"{_shortened(self._hashes.text(column))} AS {name}"
            for column, name in zip(columns, names, strict=True)
        )
        inner_columns = (f"{self._hashes.row} AS h", *self._row_columns(), *texts)
        return names, _fenced(inner_columns, self._table, condition)

    def hash_predicate(self, key: Key) -> str:
        """Return a condition on the row hash that is a row's key, for a query without an alias."""
        return self._hashes.predicate(int(key[0]))

    def _in_span(self, span: Span, parameters: _Parameters) -> tuple[list[str], list[str]]:
        """Return what the inner query and what the outer one have to filter by."""
        if isinstance(span, KeysetSpan):
            condition = self._range(span.after, span.until, parameters)
            return [condition] if condition else [], []
        if span.of == 1:
            return [], []
        if self._key:
            return [_in_bucket(self._hashes.group, span)], []
        return [], [_in_bucket("h", span)]

    def _row_columns(self) -> list[str]:
        keys = (f"{text} AS k{number}" for number, text in enumerate(self._hashes.key_texts))
        return [f"{ROW}.xmin::text AS x", *keys]

    def _reading_columns(self) -> list[str]:
        row_hash = self._hashes.mixed("h")
        keys = [f"k{number}" for number in range(len(self._key))] or [f"({row_hash})::text"]
        return [row_hash, "x", *keys]

    def _range(self, after: Key | None, until: Key | None, parameters: _Parameters) -> str:
        """Return a condition that the key's index serves (manual, "Row Constructor Comparison").

        The planner estimates a comparison of rows by their first column alone, and takes a chunk
        within one tenant's payments for all of them. So columns that both bounds share are said
        to be equal, and the first that they do not share is said to be between them.
        """
        shared = 0 if after is None or until is None else _shared(after, until)

        def row(key: Key) -> list[str]:
            pairs = zip(self._key[shared:], key[shared:], strict=True)
            return [parameters.text(value, self._operand(pair)[1]) for pair, value in pairs]

        columns = [reference(key) for key in self._key]
        conditions = [
            f"{column} = {parameters.text(value, self._operand(pair)[1])}"
            for column, pair, value in zip(columns, self._key, (until or ())[:shared], strict=False)
        ]
        columns = columns[shared:]
        if after is not None:
            lowest = row(after)
            conditions.append(f"{_row(columns)} > {_row(lowest)}")
        if until is not None:
            highest = row(until)
            conditions.append(f"{_row(columns)} <= {_row(highest)}")
        if after is not None and until is not None and len(columns) > 1:
            conditions.append(f"{columns[0]} BETWEEN {lowest[0]} AND {highest[0]}")
        return " AND ".join(conditions)

    def _having(self, keys: Sequence[Key], parameters: _Parameters) -> tuple[str, str]:
        """Return conditions of the inner and the outer query for rows with one of the keys.

        The inner is served by the key's index and may let more rows through: equal keys of other
        text (1.0 and 1.00), rows without a key when a text is empty. The outer is exact.
        """
        if not self._key:
            hashes = parameters.texts([key[0] for key in keys], "bigint")
            return "", f"{self._hashes.mixed('h')} = ANY ({hashes})"
        operands, types = zip(*(self._operand(pair) for pair in self._key), strict=True)
        names = [f"k{number}" for number in range(len(self._key))]
        columns = [list(values) for values in zip(*keys, strict=True)]
        conditions = [_among(operands, types, columns, parameters)]
        for pair, values in zip(self._key, columns, strict=True):
            if "" in values:
                conditions.append(f"{reference(pair)} IS NULL")
        return " OR ".join(conditions), _among(names, ["text"] * len(names), columns, parameters)

    def _operand(self, key: ColumnPair) -> tuple[str, str]:
        """Return what is compared with a key's value, and the type that the value is cast to."""
        sql_type = key_type(key)
        if sql_type is None:
            return self._hashes.key_texts[self._key.index(key)], "text"
        return reference(key), sql_type


def _group(row_hash: str, span: Span, groups: int) -> str:
    """Return the number of a row's group: bits of its hash above those of the bucket."""
    if groups == 1:
        return "0"
    used = span.of.bit_length() - 1 if isinstance(span, BucketSpan) else 0
    return f"(({row_hash} >> {used}) & {groups - 1})"


def _query(columns: Sequence[str], source: str, condition: str = "", ending: str = "") -> str:
    parts = ["SELECT", ", ".join(columns), "FROM", source]
    if condition:
        parts += ["WHERE", condition]
    if ending:
        parts.append(ending)
    return " ".join(parts)


def _fenced(columns: Sequence[str], table: str, condition: str) -> str:
    return f"({_query(columns, table, condition, 'OFFSET 0')}) AS q"


def _in_bucket(row_hash: str, span: BucketSpan) -> str:
    """Return the condition that a hash is in the bucket.

    An equality would let the planner expect one row in 200, and sort what is better hashed.
    """
    return f"(({row_hash} & {span.of - 1}) # {span.number}) < 1"


def _shared(after: Key, until: Key) -> int:
    """Return how many leading columns of two keys are the same, the last one apart."""
    pairs = zip(after[:-1], until[:-1], strict=True)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _row(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"({', '.join(values)})"


def _among(
    operands: Sequence[str],
    types: Sequence[str],
    columns: Sequence[Sequence[str]],
    parameters: _Parameters,
) -> str:
    """Return whether the row of operands is one of several, given column by column."""
    if len(operands) == 1:
        return f"{operands[0]} = ANY ({parameters.texts(columns[0], types[0])})"
    names = [f"w{number}" for number in range(len(columns))]
    arrays = ", ".join(parameters.texts(values, "text") for values in columns)
    casts = [f"{name}::{of}" for name, of in zip(names, types, strict=True)]
    wanted = _query(casts, f"unnest({arrays}) AS w ({', '.join(names)})")
    return f"({', '.join(operands)}) IN ({wanted})"


def _shortened(text: str) -> str:
    """Cut a long text so that texts that differ still do."""
    digest = f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
    cut = f"left({text}, {LONGEST_VALUE}) || ' ... sha256 ' || {digest}"
    return f"CASE WHEN length({text}) > {LONGEST_VALUE} THEN {cut} ELSE {text} END"
