"""Creating and reading payments: the rules, over a router of sides and the repository."""

import contextlib
from dataclasses import dataclass
from uuid import UUID, uuid4

from functions.payments import repository, request
from functions.payments.repository import Payment
from functions.payments.request import FieldError, InvalidRequestError, PaymentRequest
from functions.payments.rerouting import Routed, SideRouter
from functions.runtime.database import Session
from functions.runtime.errors import FunctionError

_CURRENCY_CHECK_SECONDS = 0.5
_UNSUPPORTED_CURRENCY = FieldError("currency", "is not supported")


class KeyReusedError(Exception):
    """The idempotency key belongs to an earlier request that asked for something else."""


class PaymentNotFoundError(Exception):
    """There is no payment with this id."""


@dataclass(frozen=True)
class Created:
    """A payment, and whether an earlier request with the same key had made it already."""

    payment: Payment
    replayed: bool


class PaymentService:
    """What the API offers, independent of HTTP and of Lambda."""

    def __init__(self, router: SideRouter) -> None:
        """Work on the sides that `router` picks."""
        self._router = router

    def create(
        self, body: str | None, idempotency_key: str | None, *, seconds: float
    ) -> Routed[Created]:
        """Create the payment that a request describes, or find the one that it made before.

        Raises InvalidRequestError, KeyReusedError, and what SideRouter.run raises.
        """
        try:
            key, wanted = request.parse(body, idempotency_key)
        except InvalidRequestError as error:
            raise self._with_currency_checked(error, seconds) from None
        # One id for all attempts: so a repeat that finds its own row knows that it is no replay.
        payment_id = uuid4()
        return self._router.run(
            lambda session: _create(session, payment_id, key, wanted), seconds=seconds
        )

    def close(self) -> None:
        """Close the connections; a later call makes new ones."""
        self._router.close()

    def find(self, payment_id: str, *, seconds: float) -> Routed[Payment]:
        """Return the payment with this id, which is text as a client sent it.

        Raises InvalidRequestError, PaymentNotFoundError, and what SideRouter.run raises.
        """
        wanted = request.parse_payment_id(payment_id)
        return self._router.run(lambda session: _find(session, wanted), seconds=seconds)

    def _with_currency_checked(
        self, error: InvalidRequestError, seconds: float
    ) -> InvalidRequestError:
        """Add an unsupported currency to the fields at fault, if a database can tell just now."""
        currency = error.currency
        if currency is None:
            return error
        supported = True
        with contextlib.suppress(FunctionError):
            supported = self._router.run(
                lambda session: repository.has_house_accounts(session, currency),
                seconds=min(seconds, _CURRENCY_CHECK_SECONDS),
            ).value
        return error if supported else InvalidRequestError(*error.errors, _UNSUPPORTED_CURRENCY)


def _create(session: Session, payment_id: UUID, key: str, wanted: PaymentRequest) -> Created:
    payment = repository.insert(session, payment_id, key, wanted)
    if payment is not None:
        return Created(payment, replayed=False)
    existing = repository.find_by_key(session, key)
    if existing is None:
        raise InvalidRequestError(_UNSUPPORTED_CURRENCY)
    payment, digest = existing
    if digest != wanted.digest():
        raise KeyReusedError
    return Created(payment, replayed=payment.id != payment_id)


def _find(session: Session, payment_id: UUID) -> Payment:
    payment = repository.find(session, payment_id)
    if payment is None:
        raise PaymentNotFoundError
    return payment
