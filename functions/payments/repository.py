"""Payments in the database: each function is one statement, and so one transaction."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from functions.payments.request import PaymentRequest
from functions.runtime.database import Session


@dataclass(frozen=True)
class Payment:
    """A payment as it is stored."""

    id: UUID
    amount: Decimal
    currency: str
    reference: str
    status: str
    created_at: datetime

    def document(self) -> dict[str, str]:
        """Return what a client sees: the amount as a string, the time in ISO 8601 with offset."""
        return {
            "id": str(self.id),
            "amount": str(self.amount),
            "currency": self.currency,
            "reference": self.reference,
            "status": self.status,
            "created_at": self.created_at.isoformat(),
        }


# A payment is booked as it is made, so it starts as captured. One statement makes the payment, its
# entries and its event one transaction without round trips for BEGIN and COMMIT, and leaves
# nothing open when the worker dies. A payment with the same key that is still being written is
# waited for (manual, "INSERT", ON CONFLICT).
_INSERT = """
WITH house AS (
    SELECT clearing.id AS clearing_id, merchant.id AS merchant_id
    FROM payments.accounts AS clearing
    CROSS JOIN payments.accounts AS merchant
    WHERE clearing.account_number = 'clearing-' || CAST(:currency AS text)
      AND merchant.account_number = 'merchant-' || CAST(:currency AS text)
), payment AS (
    INSERT INTO payments.payments
        (id, idempotency_key, request_digest, amount, currency, reference, status, metadata)
    SELECT CAST(:id AS uuid), CAST(:idempotency_key AS text), CAST(:request_digest AS bytea),
        CAST(:amount AS numeric), CAST(:currency AS text), CAST(:reference AS text),
        'captured', CAST(:metadata AS jsonb)
    FROM house
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id, amount, currency, reference, status, created_at
), entries AS (
    INSERT INTO payments.ledger_entries (payment_id, account_id, direction, amount)
    SELECT payment.id, house.clearing_id, 'debit', payment.amount FROM payment, house
    UNION ALL
    SELECT payment.id, house.merchant_id, 'credit', payment.amount FROM payment, house
), event AS (
    INSERT INTO payments.payment_events (payment_id, kind, payload)
    SELECT payment.id, 'payment.' || payment.status,
        jsonb_build_object('status', payment.status)
    FROM payment
)
SELECT id, amount, currency, reference, status, created_at FROM payment
"""

_SELECT = "SELECT id, amount, currency, reference, status, created_at"

_FIND = f"{_SELECT} FROM payments.payments WHERE id = CAST(:id AS uuid)"

_FIND_BY_KEY = (
    f"{_SELECT}, request_digest FROM payments.payments "
    "WHERE idempotency_key = CAST(:idempotency_key AS text)"
)

_HAS_HOUSE_ACCOUNTS = """
SELECT count(*) = 2 FROM payments.accounts
WHERE account_number IN ('clearing-' || CAST(:currency AS text),
                         'merchant-' || CAST(:currency AS text))
"""


def insert(
    session: Session, payment_id: UUID, idempotency_key: str, request: PaymentRequest
) -> Payment | None:
    """Write a payment, its two ledger entries and its event, all or nothing.

    Returns None, with nothing written, if the idempotency key is taken or if the currency has no
    house accounts. Raises DatabaseError.
    """
    rows = session.run(
        _INSERT,
        id=payment_id,
        idempotency_key=idempotency_key,
        request_digest=request.digest(),
        amount=request.amount,
        currency=request.currency,
        reference=request.reference,
        metadata=json.dumps(request.metadata),
    )
    return _payment(rows[0]) if rows else None


def find(session: Session, payment_id: UUID) -> Payment | None:
    """Return the payment with this id, None if there is none. Raises DatabaseError."""
    rows = session.run(_FIND, id=payment_id)
    return _payment(rows[0]) if rows else None


def find_by_key(session: Session, idempotency_key: str) -> tuple[Payment, bytes] | None:
    """Return the payment with this key and the digest of its request. Raises DatabaseError."""
    rows = session.run(_FIND_BY_KEY, idempotency_key=idempotency_key)
    return (_payment(rows[0][:-1]), bytes(rows[0][-1])) if rows else None


def has_house_accounts(session: Session, currency: str) -> bool:
    """Return whether payments in this currency can be booked. Raises DatabaseError."""
    return bool(session.run(_HAS_HOUSE_ACCOUNTS, currency=currency)[0][0])


def _payment(row: list[Any]) -> Payment:
    return Payment(*row)
