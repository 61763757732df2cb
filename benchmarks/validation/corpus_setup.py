"""The corpus in two databases, its rows as far apart as rows that differ are in a large table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.validation.servers import SOURCE, TARGET, Database, Servers
from functions.data_validation.catalog import match, read_tables
from functions.data_validation.sessions import Sides
from functions.data_validation.tables import TablePair
from tests.functions.data_validation.corpus.loading import load
from tests.functions.data_validation.corpus.model import Case
from validation.psycopg_session import connect

SPREAD = 100_000
_ADDED_KEY = 40_000
_LARGEST_KEY = 1_000


@dataclass(frozen=True)
class Corpus:
    """The cases that these servers can have, with their tables by label.

    In the cases whose names are in `spread`, keys are SPREAD times what they were, and there is one
    more row that both sides have. For below some 16,000 keys the peers compare no digests, they
    fetch all rows, and they do the same wherever two digests differ: a difference that their
    digests cannot see shows only where it is alone, as in a table of production size.
    """

    database: Database
    cases: tuple[Case, ...]
    pairs: dict[str, TablePair]
    spread: frozenset[str]


def load_corpus(servers: Servers) -> Corpus:
    """Create the corpus in a database of its own."""
    database = servers.create_database("corpus")
    with database.connect(SOURCE) as source, database.connect(TARGET) as target:
        cases = load(source, target)
        pairs = _table_pairs(database)
        spread = {case.name for case in cases if _spread_rows((source, target), pairs[case.label])}
        for connection in (source, target):
            connection.execute("ANALYZE")
    changed = (_spread_case(case) if case.name in spread else case for case in cases)
    return Corpus(database, tuple(changed), pairs, frozenset(spread))


def _table_pairs(database: Database) -> dict[str, TablePair]:
    sides = Sides(connect(database.source), connect(database.target))
    try:
        source, target = sides.both(lambda session: read_tables(session, None, None))
    finally:
        sides.source.close()
        sides.target.close()
    return {pair.label: pair for pair in match(source, target)}


def _spread_rows(connections: Sequence[psycopg.Connection[Any]], pair: TablePair) -> bool:
    """Multiply the keys on both sides and add a row, where the table allows it; tell if it did."""
    if len(pair.key) != 1 or pair.key[0].source.base != "int8":
        return False
    table = sql.Identifier(pair.source.schema, pair.source.name)
    key = sql.Identifier(pair.key[0].name)
    largest = sql.SQL("SELECT max(abs({}::numeric)) FROM {}").format(key, table)
    for connection in connections:
        (found,) = connection.execute(largest).fetchone() or (None,)
        if found is None or found > _LARGEST_KEY:
            return False
    update = sql.SQL("UPDATE {} SET {} = {} * {}").format(table, key, key, sql.Literal(SPREAD))
    # Every column is named: a default may be another one on the other side.
    others = [column.name for column in pair.columns if column.name != pair.key[0].name]
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        table,
        sql.SQL(", ").join([key, *map(sql.Identifier, others)]),
        sql.SQL(", ").join([sql.Literal(_ADDED_KEY), *[sql.NULL] * len(others)]),
    )
    try:
        with connections[0].transaction(), connections[1].transaction():
            for connection in connections:
                connection.execute(update)
                connection.execute(insert)
    except psycopg.Error:
        return False
    return True


def _spread_case(case: Case) -> Case:
    expected = (
        replace(one, key=tuple(str(int(value) * SPREAD) for value in one.key or ()))
        for one in case.expected
    )
    return replace(case, expected=tuple(expected))
