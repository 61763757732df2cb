"""The table that is compared: nine columns of the types a payments table has, and its differences.

Every value follows from the row's number, so each server generates its own copy and both are equal.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import sql

from benchmarks.validation.servers import SOURCE, TARGET, Database, Servers

SCHEMA, TABLE = "public", "payments"
KEY = ("id",)
SCATTERED_DIFFERENCES = 100
_SEED = 20_260_101

_CREATE = """
    CREATE TABLE payments (
        id bigint PRIMARY KEY, account uuid, amount numeric(18, 2), currency char(3), status text,
        reference text, created_at timestamptz, details jsonb, settled bool
    )
"""

_FILL = """
    INSERT INTO payments
    SELECT i, md5(i::text)::uuid, (i % 100000) / 100.0, 'SGD',
           (ARRAY['new', 'done', 'failed'])[1 + i % 3], 'ref-' || i,
           timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second',
           jsonb_build_object('k', i % 100, 's', 'v' || i % 7), i % 2 = 0
    FROM generate_series(1, {rows}) AS i
"""

# What is planted in each column: always another value, whatever was there.
_ALTERATIONS = {
    "account": "md5(account::text)::uuid",
    "amount": "amount + 0.01",
    "currency": "'USD'",
    "status": "status || '?'",
    "reference": "reference || ' '",
    "created_at": "created_at + interval '1 second'",
    "details": "details || '{\"altered\": true}'",
    "settled": "NOT settled",
}
COLUMNS = tuple(_ALTERATIONS)
"""The columns beside the key."""


@dataclass(frozen=True)
class Dataset:
    """A database whose only table has `rows` rows on both sides."""

    database: Database
    rows: int


def load(servers: Servers, rows: int) -> Dataset:
    """Create, fill, vacuum and analyze the table on both sides at once."""
    database = servers.create_database(f"rows_{rows}")

    def fill(side: str) -> None:
        with database.connect(side) as connection:
            connection.execute(_CREATE)
            connection.execute(sql.SQL(_FILL).format(rows=sql.Literal(rows)))
            # As autovacuum leaves it; otherwise the first contestant would pay for hint bits.
            connection.execute("VACUUM (ANALYZE) payments")
            connection.execute("CHECKPOINT")

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, (SOURCE, TARGET)))
    return Dataset(database, rows)


def plant_differences(dataset: Dataset) -> dict[int, str]:
    """Alter one column in each of 100 scattered rows of the target; return column by key."""
    chosen = random.Random(_SEED)
    keys = chosen.sample(range(1, dataset.rows + 1), SCATTERED_DIFFERENCES)
    planted = {key: chosen.choice(COLUMNS) for key in keys}
    with dataset.database.connect(TARGET) as connection:
        for key, column in planted.items():
            statement = sql.SQL("UPDATE payments SET {column} = {value} WHERE id = {key}").format(
                column=sql.Identifier(column),
                value=sql.SQL(_ALTERATIONS[column]),
                key=sql.Literal(key),
            )
            if connection.execute(statement).rowcount != 1:
                raise LookupError(f"row {key} is not there")
    return planted
