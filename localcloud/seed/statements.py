"""The SQL that generates payments. ``%(name)s`` are arguments; the rest is the server's work."""

from typing import LiteralString

# The references of these rows are right by construction, and checking each again costs twice what
# inserting it does. The tests check them all.
TRUST_REFERENCES: LiteralString = "SET LOCAL session_replication_role = 'replica'"

# Three independent uniform numbers a payment, u, v and w in [0, 1), decide everything about it;
# the hash function gives the same ones on every server here. Payments follow each other 41 s apart
# on average, and their keys are UUIDs of version 7 (RFC 9562), which begin with the time: so every
# index grows at its end, as it does in life.
CREATE_BATCH: LiteralString = """
    CREATE TEMPORARY TABLE batch ON COMMIT DROP AS
    WITH uniform AS (
        SELECT n,
               md5(%(prefix)s || n) AS random_digits,
               (hashint8extended(n, %(seed)s) & 1048575) / 1048576.0::float8 AS u,
               (hashint8extended(n, %(seed)s + 1000003) & 1048575) / 1048576.0::float8 AS v,
               (hashint8extended(n, %(seed)s + 2000003) & 1048575) / 1048576.0::float8 AS w
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    ), drawn AS (
        SELECT n, random_digits,
               %(prefix)s || n AS idempotency_key,
               (ARRAY['SGD', 'SGD', 'SGD', 'SGD', 'USD', 'USD', 'EUR', 'GBP', 'JPY', 'AUD',
                      'INR', 'HKD', 'MYR', 'IDR'])[1 + floor(14 * u)::int] AS currency,
               2.5 * 10 ^ (3.5 * v * v) AS size,
               CASE WHEN w < 0.03 THEN 'refunded'
                    WHEN w < 0.05 THEN 'authorized'
                    WHEN w < 0.15 THEN 'captured'
                    ELSE 'settled'
               END AS status,
               1735689600000 + 41000 * n + floor(41000 * v)::bigint AS milliseconds
          FROM uniform
    )
    SELECT n, idempotency_key, currency,
           (lpad(to_hex(milliseconds), 12, '0') || '7' || substr(random_digits, 1, 3)
             || 'a' || substr(random_digits, 4, 15))::uuid AS id,
           status::payments.payment_status AS status,
           to_timestamp(milliseconds / 1000.0) AS created_at,
           to_timestamp(milliseconds / 1000.0)
             + CASE status WHEN 'authorized' THEN '0 s' ELSE '90 s' END::interval AS updated_at,
           CASE currency WHEN 'JPY' THEN round((size * 100)::numeric)
                         WHEN 'IDR' THEN round((size * 10000)::numeric)
                         ELSE round(size::numeric, 2)
           END::numeric(18, 2) AS amount
      FROM drawn
"""

_PAYMENTS: LiteralString = """
    INSERT INTO payments.payments
           (id, idempotency_key, request_digest, amount, currency, reference, status, metadata,
            created_at, updated_at)
    SELECT id, idempotency_key,
           sha256(convert_to(concat_ws('|', idempotency_key, amount, currency), 'UTF8')),
           amount, currency, 'Order ' || n, status,
           jsonb_build_object('channel', (ARRAY['web', 'app', 'terminal'])[1 + n % 3],
                              'receipt', nextval('payments.receipt_number')),
           created_at, updated_at
      FROM batch
"""

_LEDGER_ENTRIES: LiteralString = """
    INSERT INTO payments.ledger_entries (payment_id, account_id, direction, amount, booked_at)
    SELECT batch.id, accounts.id,
           CASE accounts.kind WHEN 'clearing' THEN 'debit' ELSE 'credit' END,
           batch.amount, batch.created_at
      FROM batch
      JOIN payments.accounts
        ON accounts.account_number IN
           ('clearing-' || batch.currency, 'merchant-' || batch.currency)
"""

_PAYMENT_EVENTS: LiteralString = """
    INSERT INTO payments.payment_events (payment_id, kind, payload, created_at)
    SELECT id, 'payment.created',
           jsonb_build_object('amount', amount::text, 'currency', currency), created_at
      FROM batch
     UNION ALL
    SELECT id, 'payment.' || status, jsonb_build_object('status', status), updated_at
      FROM batch
"""

_REFUNDS: LiteralString = """
    INSERT INTO payments.refunds (payment_id, amount, reason, created_at)
    SELECT id, amount,
           (ARRAY['duplicate', 'returned goods', 'customer request'])[1 + n % 3], updated_at
      FROM batch
     WHERE status = 'refunded'
"""

# In the order of their foreign keys.
TABLES: dict[str, LiteralString] = {
    "payments": _PAYMENTS,
    "ledger_entries": _LEDGER_ENTRIES,
    "payment_events": _PAYMENT_EVENTS,
    "refunds": _REFUNDS,
}

# Rows locked one by one in no certain order could deadlock with another batch; the table cannot.
LOCK_ACCOUNTS: LiteralString = "LOCK TABLE payments.accounts IN SHARE ROW EXCLUSIVE MODE"

# A credit adds to an account's balance, a debit takes from it: all balances of a currency add
# up to nothing.
UPDATE_BALANCES: LiteralString = """
    UPDATE payments.accounts
       SET balance = balance + CASE kind WHEN 'merchant' THEN total ELSE -total END
      FROM (SELECT currency, sum(amount) AS total FROM batch GROUP BY currency) AS totals
     WHERE account_number IN ('clearing-' || totals.currency, 'merchant-' || totals.currency)
"""

LAST_NUMBER: LiteralString = """
    SELECT coalesce(max(substr(idempotency_key, length(%(prefix)s) + 1)::bigint), 0)
      FROM payments.payments
     WHERE starts_with(idempotency_key, %(prefix)s)
"""

ANALYZE: LiteralString = """
    ANALYZE payments.accounts, payments.payments, payments.ledger_entries, payments.refunds,
            payments.payment_events
"""
