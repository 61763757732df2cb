from decimal import Decimal
from itertools import pairwise

import psycopg
import pytest

from localcloud.databases import ConnectionSettings
from localcloud.seed import apply_schema, seed_payments
from tests.localcloud.seed.support import (
    APPLICATION,
    APPLICATION_PASSWORD,
    BATCH,
    SEEDED,
    Seeded,
    single,
)

pytestmark = pytest.mark.postgres

CONTENT = """
    SELECT md5(string_agg(concat_ws('|', id, encode(request_digest, 'hex'), amount, currency,
                                    reference, status, created_at AT TIME ZONE 'UTC'), ','
                          ORDER BY id))
      FROM payments.payments
"""


def ignore(_: int) -> None:
    """Do nothing with the number of payments so far."""


def test_the_summary_counts_what_is_in_the_tables(
    seeded: Seeded, connection: psycopg.Connection
) -> None:
    counts = connection.execute(
        """
        SELECT (SELECT count(*) FROM payments.payments),
               (SELECT count(*) FROM payments.ledger_entries),
               (SELECT count(*) FROM payments.payment_events),
               (SELECT count(*) FROM payments.refunds)
        """
    ).fetchone()
    summary = seeded.summary
    assert counts == (
        summary.payments,
        summary.ledger_entries,
        summary.payment_events,
        summary.refunds,
    )
    assert (summary.payments, summary.first, summary.last) == (SEEDED, 1, SEEDED)
    assert 0 < summary.refunds < SEEDED / 10
    assert summary.payments_per_second > 0


def test_progress_is_told_after_each_batch(seeded: Seeded) -> None:
    steps = [later - earlier for earlier, later in pairwise((0, *seeded.notified))]
    assert sorted(steps) == [SEEDED % BATCH, BATCH, BATCH, BATCH]


def test_every_payment_has_one_debit_and_one_credit_of_its_amount_and_currency(
    connection: psycopg.Connection,
) -> None:
    balanced = single(
        connection,
        """
        SELECT count(*) FROM (
            SELECT payments.id
              FROM payments.payments
              JOIN payments.ledger_entries ON payment_id = payments.id
              JOIN payments.accounts ON accounts.id = account_id
             GROUP BY payments.id
            HAVING array_agg(direction ORDER BY direction) = '{credit,debit}'
               AND array_agg(kind ORDER BY direction) = '{merchant,clearing}'
               AND bool_and(ledger_entries.amount = payments.amount)
               AND bool_and(accounts.currency = payments.currency)
        ) AS balanced
        """,
    )
    assert balanced == SEEDED


def test_balances_follow_from_the_ledger_and_add_up_to_nothing(
    connection: psycopg.Connection,
) -> None:
    wrong = single(
        connection,
        """
        SELECT count(*)
          FROM payments.accounts
         WHERE balance <> (
               SELECT coalesce(sum(CASE direction WHEN 'credit' THEN amount ELSE -amount END), 0)
                 FROM payments.ledger_entries WHERE account_id = accounts.id)
        """,
    )
    assert wrong == 0
    assert single(connection, "SELECT sum(balance) FROM payments.accounts") == Decimal(0)
    assert single(connection, "SELECT count(*) FROM payments.accounts WHERE balance > 0") > 5


def test_every_reference_points_to_a_row(connection: psycopg.Connection) -> None:
    """The rows were inserted without checking their references: check each, all at once."""
    constraints = connection.execute(
        """
        SELECT conrelid::regclass::text, attname, confrelid::regclass::text
          FROM pg_constraint
          JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
         WHERE contype = 'f' AND conparentid = 0
           AND connamespace = 'payments'::regnamespace
        """
    ).fetchall()
    assert len(constraints) == 4
    for table, column, referenced in constraints:
        query = (
            f"SELECT count(*) FROM {table} AS child"
            f" LEFT JOIN {referenced} AS parent ON parent.id = child.{column}"
            " WHERE parent.id IS NULL"
        )
        assert single(connection, query) == 0


def test_refunds_belong_to_the_refunded_payments(connection: psycopg.Connection) -> None:
    row = connection.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE refunds.amount = payments.amount), max(refunds.id)
          FROM payments.refunds
          FULL JOIN (SELECT * FROM payments.payments WHERE status = 'refunded') AS payments
                 ON payments.id = payment_id
        """
    ).fetchone()
    assert row is not None
    assert row[0] == row[1] == row[2] > 0


def test_amounts_have_a_long_tail_and_currencies_without_cents_have_none(
    connection: psycopg.Connection,
) -> None:
    row = connection.execute(
        """
        SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY amount), avg(amount)
          FROM payments.payments WHERE currency = 'SGD'
        """
    ).fetchone()
    assert row is not None
    assert row[1] > 4 * row[0]
    fractions = "SELECT count(*) FROM payments.payments WHERE currency = 'JPY' AND amount % 1 <> 0"
    assert single(connection, fractions) == 0


def test_a_later_call_goes_on_and_the_same_seed_gives_the_same_payments(
    seeded: Seeded, other_database: ConnectionSettings, connection: psycopg.Connection
) -> None:
    apply_schema(other_database, APPLICATION, APPLICATION_PASSWORD)
    first = seed_payments(other_database, 1_200, ignore, batch=500)
    second = seed_payments(other_database, SEEDED - 1_200, ignore)
    assert (first.first, first.last) == (1, 1_200)
    assert (second.first, second.last) == (1_201, SEEDED)
    with other_database.connect() as other:
        assert single(other, CONTENT) == single(connection, CONTENT)


def test_another_seed_gives_other_payments_beside_the_first(
    other_database: ConnectionSettings,
) -> None:
    apply_schema(other_database, APPLICATION, APPLICATION_PASSWORD)
    seed_payments(other_database, 200, ignore)
    other = seed_payments(other_database, 200, ignore, seed=1)
    assert (other.first, other.last) == (1, 200)
    with other_database.connect() as connection:
        assert single(connection, "SELECT count(*) FROM payments.payments") == 400


def test_adding_none_is_nothing_and_nonsense_is_refused(seeded: Seeded) -> None:
    none = seed_payments(seeded.master, 0, ignore)
    assert (none.payments, none.first, none.last) == (0, 0, 0)
    with pytest.raises(ValueError, match="cannot add -1 payments"):
        seed_payments(seeded.master, -1, ignore)
    with pytest.raises(ValueError, match="batches of 0"):
        seed_payments(seeded.master, 1, ignore, batch=0)
