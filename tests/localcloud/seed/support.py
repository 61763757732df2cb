"""What the tests of the seed share."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from localcloud.databases import ConnectionSettings
from localcloud.seed import SeedSummary

APPLICATION = "payments_app"
APPLICATION_PASSWORD = "app's password"
SEEDED = 3_500
BATCH = 1_000


@dataclass(frozen=True)
class Seeded:
    """The seeded database: how its master user and the application reach it, and what was said."""

    master: ConnectionSettings
    summary: SeedSummary
    notified: tuple[int, ...]

    @property
    def application(self) -> ConnectionSettings:
        return replace(self.master, user=APPLICATION, password=APPLICATION_PASSWORD)


def single(connection: psycopg.Connection, query: str) -> Any:
    """Return the only value of a query's only row."""
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def insert_payment(connection: psycopg.Connection, key: str = "") -> uuid.UUID:
    """Insert a payment of 10 SGD and return its id."""
    payment = uuid.uuid4()
    connection.execute(
        """
        INSERT INTO payments.payments
               (id, idempotency_key, request_digest, amount, currency, reference, status)
        VALUES (%s, %s, %s, 10, 'SGD', 'a test', 'pending')
        """,
        (payment, key or payment.hex, b"digest"),
    )
    return payment
