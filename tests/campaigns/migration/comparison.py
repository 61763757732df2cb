"""A comparison of two databases that shares nothing with the product's own.

Both servers write every table as text, with the same settings and in the order of its primary key
(PostgreSQL manual, "COPY"), and the streams are compared row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
SCHEMA = "payments"
SAME_TEXT = (
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'postgres'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
)
_TABLES = """
    SELECT c.relname,
           (SELECT array_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum))
              FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
             WHERE i.indrelid = c.oid AND i.indisprimary)
      FROM pg_class c
     WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY 1
"""
_SEQUENCES = """
    SELECT c.relname, s.seqincrement, owner.relname, a.attname
      FROM pg_sequence s
      JOIN pg_class c ON c.oid = s.seqrelid AND c.relnamespace = %s::regnamespace
      LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
                           AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                           AND d.deptype IN ('a', 'i')
      LEFT JOIN pg_class owner ON owner.oid = d.refobjid
      LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     ORDER BY 1
"""


@dataclass(frozen=True)
class Sequence:
    """A sequence as it is: the number that it gives next, and the greatest that is used.

    `used` is None for a sequence that belongs to no column, or to a column of an empty table.
    """

    following: int
    used: int | None


def tables(connection: Connection) -> dict[str, list[str]]:
    """Return every table of the schema, partitioned ones as a whole, with its primary key."""
    return dict(connection.execute(_TABLES, [SCHEMA]).fetchall())


def rows(connection: Connection, table: str, key: list[str]) -> Iterator[bytes]:
    """Yield each row of a table as a line of COPY's text format, which has no other newlines."""
    for setting in SAME_TEXT:
        connection.execute(setting)
    query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT").format(
        sql.Identifier(SCHEMA, table), sql.SQL(", ").join(map(sql.Identifier, key))
    )
    rest = b""
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            *lines, rest = (rest + bytes(block)).split(b"\n")
            yield from lines
    assert rest == b""


def compare(source: Connection, target: Connection) -> dict[str, int]:
    """Return the rows of every table, which have to be the same on both sides."""
    keys = tables(source)
    assert tables(target) == keys
    return {table: _same(source, target, table, key) for table, key in keys.items()}


def _same(source: Connection, target: Connection, table: str, key: list[str]) -> int:
    count = 0
    for here, there in zip_longest(rows(source, table, key), rows(target, table, key)):
        assert here == there, (table, here, there)
        count += 1
    return count


def missing(source: Connection, target: Connection) -> dict[str, list[bytes]]:
    """Return rows of the target that the source has not, by table: the first of each table.

    Both are in the order of the key, so what the source has is found by reading it on from the
    row before.
    """
    found: dict[str, list[bytes]] = {}
    for table, key in tables(source).items():
        here = rows(source, table, key)
        first = next((row for row in rows(target, table, key) if row not in here), None)
        found[table] = [] if first is None else [first]
        for _ in here:
            pass
    return found


def sequences(connection: Connection) -> dict[str, Sequence]:
    """Return every sequence of the schema."""
    found = {}
    for name, increment, table, column in connection.execute(_SEQUENCES, [SCHEMA]).fetchall():
        identifier = sql.Identifier(SCHEMA, name)
        following = sql.SQL("SELECT last_value + {} * is_called::int FROM {}").format(
            sql.Literal(increment), identifier
        )
        used = None
        if table is not None:
            most = sql.SQL("SELECT max({}) FROM {}").format(
                sql.Identifier(column), sql.Identifier(SCHEMA, table)
            )
            used = connection.execute(most).fetchall()[0][0]
        found[name] = Sequence(connection.execute(following).fetchall()[0][0], used)
    return found
