"""Generates realistic payments inside the server, in batches, each in its own transaction.

The same seed gives the same payments: payment *n* depends on the seed and *n* alone (numbers drawn
from sequences do not: batches run side by side). Its amounts follow the long tail of retail
payments: most are small, few are large. Each was booked, with one debit and one credit; some were
refunded. A later call goes on after the last payment there is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import psycopg

from localcloud.databases.connection import ConnectionSettings
from localcloud.seed import statements

DEFAULT_BATCH = 50_000

# The work is the server's, and one connection keeps one of its cores busy.
CONNECTIONS = 2


@dataclass(frozen=True)
class SeedSummary:
    """Rows that one call added, the numbers of its payments, and how long it took in seconds.

    ``first`` and ``last`` count the payments of this seed from 1; both are 0 when none was added.
    """

    payments: int
    ledger_entries: int
    payment_events: int
    refunds: int
    first: int
    last: int
    seconds: float

    @property
    def payments_per_second(self) -> float:
        """How fast payments were added, with everything that belongs to them."""
        return self.payments / self.seconds if self.seconds else 0.0


def seed_payments(
    conninfo: ConnectionSettings,
    count: int,
    notify: Callable[[int], None],
    *,
    batch: int = DEFAULT_BATCH,
    seed: int = 0,
) -> SeedSummary:
    """Add ``count`` payments; ``notify`` hears after each batch how many have been added.

    A batch is one transaction, so a failure leaves whole payments only. The connection's user has
    to be the master user: a member of the schema's owner who may set session_replication_role.
    Raises ValueError for a negative count or an empty batch.
    """
    if count < 0 or batch < 1:
        raise ValueError(f"cannot add {count} payments in batches of {batch}")
    started = time.monotonic()
    with conninfo.connect() as connection:
        existing = _last_number(connection, seed)
    totals = dict.fromkeys(statements.TABLES, 0)
    for rows in _add_batches(conninfo, seed, _ranges(existing + 1, existing + count, batch)):
        for table, added in rows.items():
            totals[table] += added
        notify(totals["payments"])
    with conninfo.connect(autocommit=True) as connection:
        connection.execute(statements.ANALYZE)
    return SeedSummary(
        **totals,
        first=existing + 1 if count else 0,
        last=existing + count if count else 0,
        seconds=time.monotonic() - started,
    )


def _last_number(connection: psycopg.Connection, seed: int) -> int:
    row = connection.execute(statements.LAST_NUMBER, {"prefix": _prefix(seed)}).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def _ranges(first: int, last: int, size: int) -> list[tuple[int, int]]:
    """Return first and last of each range of at most ``size`` from ``first`` to ``last``."""
    return [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]


def _add_batches(
    conninfo: ConnectionSettings, seed: int, ranges: Sequence[tuple[int, int]]
) -> Iterator[dict[str, int]]:
    """Insert every range, several at a time; yield the rows by table of each that is done."""
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        batches = [pool.submit(_add_batch, conninfo, seed, *numbers) for numbers in ranges]
        try:
            for batch in as_completed(batches):
                yield batch.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _add_batch(conninfo: ConnectionSettings, seed: int, first: int, last: int) -> dict[str, int]:
    """Insert payments ``first`` to ``last`` and all that belongs to them; return rows by table."""
    arguments = {"seed": seed, "prefix": _prefix(seed), "first": first, "last": last}
    with conninfo.connect() as connection:
        connection.execute(statements.TRUST_REFERENCES)
        connection.execute(statements.CREATE_BATCH, arguments)
        rows = {
            table: connection.execute(insert).rowcount
            for table, insert in statements.TABLES.items()
        }
        # Last, for other batches and the application wait until the transaction ends.
        connection.execute(statements.LOCK_ACCOUNTS)
        connection.execute(statements.UPDATE_BALANCES)
    return rows


def _prefix(seed: int) -> str:
    return f"seed-{seed}-"
