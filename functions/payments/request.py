"""What a client asks for: parsing, validation of every field at once, and the request's digest."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

IDEMPOTENCY_HEADER = "Idempotency-Key"
MAX_IDEMPOTENCY_KEY_LENGTH = 255
MAX_REFERENCE_LENGTH = 140
"""Characters; ISO 20022's Max140Text, which remittance information has."""
MAX_METADATA_BYTES = 16_384
"""Half of what AWS DMS carries of a JSON column by default (limited LOB mode, 32 KB)."""

MAX_METADATA_DEPTH = 32
"""Levels of objects and arrays; parsers differ in what depth they bear, PostgreSQL's included."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_IDEMPOTENCY_KEY = re.compile(r"[!-~]([ -~]*[!-~])?")
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_UNSTORABLE = frozenset({"Cc", "Cs"})
"""Unicode categories: control characters, and halves of surrogate pairs, which are no text."""
_SHOWN_FIELD_LENGTH = 64
_FIELDS = ("amount", "currency", "reference", "metadata")


@dataclass(frozen=True)
class FieldError:
    """One field at fault (`body` for the body as a whole) and what is wrong with it."""

    field: str
    problem: str


class InvalidRequestError(Exception):
    """The request cannot be accepted; `errors` has every field at fault.

    `currency` is the requested currency if it is well formed, for whoever can tell whether it is
    also supported, else None.
    """

    def __init__(self, *errors: FieldError, currency: str | None = None) -> None:
        super().__init__(", ".join(error.field for error in errors))
        self.errors = errors
        self.currency = currency


@dataclass(frozen=True)
class PaymentRequest:
    """A valid order to pay: `amount` has exactly two decimals, `metadata` is a JSON object."""

    amount: Decimal
    currency: str
    reference: str
    metadata: Mapping[str, Any]

    def digest(self) -> bytes:
        """Return the SHA-256 of the request's canonical form.

        Requests that mean the same payment have the same digest: the order of JSON keys, white
        space, and `12.5` for `12.50` make no difference.
        """
        canonical = {
            "amount": str(self.amount),
            "currency": self.currency,
            "reference": self.reference,
            "metadata": self.metadata,
        }
        return hashlib.sha256(canonical_json(canonical).encode()).digest()


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return JSON text with sorted keys and no white space.

    Raises ValueError for what neither JSON nor PostgreSQL's jsonb can hold: NaN, infinities, the
    character U+0000 and lone surrogates (manual, "JSON Types").
    """
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    text.encode()
    if _ESCAPED_NUL.search(text):
        raise ValueError("U+0000 cannot be stored")
    return text


def parse(body: str | None, idempotency_key: str | None) -> tuple[str, PaymentRequest]:
    """Return the idempotency key and the payment that a request asks for.

    Raises InvalidRequestError with every field at fault.
    """
    errors = _idempotency_key_errors(idempotency_key)
    try:
        document = _load(body)
    except InvalidRequestError as error:
        raise InvalidRequestError(*errors, *error.errors) from None
    errors += _unknown_field_errors(document)
    for field, check in (
        ("amount", _amount_problem),
        ("currency", _currency_problem),
        ("reference", _reference_problem),
        ("metadata", _metadata_problem),
    ):
        if field in document:
            problem = check(document[field])
            errors += [FieldError(field, problem)] if problem else []
        elif field != "metadata":
            errors.append(FieldError(field, "is required"))
    if errors:
        raise InvalidRequestError(*errors, currency=_well_formed_currency(document))
    assert idempotency_key is not None
    return idempotency_key, PaymentRequest(
        amount=Decimal(document["amount"]).quantize(Decimal("0.01")),
        currency=document["currency"],
        reference=document["reference"],
        metadata=document.get("metadata", {}),
    )


def parse_payment_id(text: str) -> UUID:
    """Return the payment id in a path; raises InvalidRequestError when it is none."""
    try:
        payment_id = UUID(text)
    except ValueError:
        payment_id = None
    if payment_id is None or str(payment_id) != text.lower():
        raise InvalidRequestError(FieldError("id", "is not a UUID like 8-4-4-4-12"))
    return payment_id


def _load(body: str | None) -> dict[str, Any]:
    """Return the body's JSON object; NaN and repeated keys are refused (RFC 8259, section 4)."""
    try:
        document = json.loads(
            body or "", object_pairs_hook=_object_without_repeats, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise InvalidRequestError(FieldError("body", "is not valid JSON")) from None
    if not isinstance(document, dict):
        raise InvalidRequestError(FieldError("body", "is not a JSON object"))
    return document


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object repeats a key")
    return document


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _idempotency_key_errors(key: str | None) -> list[FieldError]:
    """Check the header (IETF draft "The Idempotency-Key HTTP Header Field", sections 2.1, 2.7)."""
    if not key:
        problem = "is required"
    elif len(key) > MAX_IDEMPOTENCY_KEY_LENGTH:
        problem = f"is longer than {MAX_IDEMPOTENCY_KEY_LENGTH} characters"
    elif not _IDEMPOTENCY_KEY.fullmatch(key):
        problem = "has other than printable ASCII characters"
    else:
        return []
    return [FieldError(IDEMPOTENCY_HEADER, problem)]


def _unknown_field_errors(document: Mapping[str, Any]) -> list[FieldError]:
    unknown = sorted(field for field in document if field not in _FIELDS)
    return [FieldError(field[:_SHOWN_FIELD_LENGTH], "is unknown") for field in unknown]


def _amount_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a string"
    if not _AMOUNT.fullmatch(value):
        return "is not a decimal number with at most 16 digits and 2 decimals"
    return None if Decimal(value) > 0 else "is not greater than 0"


def _currency_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a string"
    return None if _CURRENCY.fullmatch(value) else "is not an ISO 4217 code of 3 capital letters"


def _well_formed_currency(document: Mapping[str, Any]) -> str | None:
    currency = document.get("currency")
    return currency if isinstance(currency, str) and _CURRENCY.fullmatch(currency) else None


def _reference_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a string"
    if not 1 <= len(value) <= MAX_REFERENCE_LENGTH:
        return f"does not have 1 to {MAX_REFERENCE_LENGTH} characters"
    if any(unicodedata.category(character) in _UNSTORABLE for character in value):
        return "has control characters"
    return None


def _metadata_problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "is not an object"
    if _is_deeper_than(MAX_METADATA_DEPTH, value):
        return f"is nested deeper than {MAX_METADATA_DEPTH} levels"
    try:
        size = len(canonical_json(value).encode())
    except ValueError:
        return "has a character or a number that cannot be stored"
    return None if size <= MAX_METADATA_BYTES else f"takes more than {MAX_METADATA_BYTES} bytes"


def _is_deeper_than(levels: int, value: Any) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper_than(levels - 1, each) for each in inner)
