"""Exceptions to HTTP answers: one row each, the first that matches counts."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from functions.payments.request import InvalidRequestError
from functions.payments.service import KeyReusedError, PaymentNotFoundError
from functions.runtime.errors import (
    ContendedError,
    FunctionError,
    LoginFailedError,
    RouteError,
    SecretError,
    SideFencedError,
    SideUnavailableError,
)

RETRY_AFTER_SECONDS = 2

_ANSWERS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (InvalidRequestError, HTTPStatus.BAD_REQUEST, "The request is not valid."),
    (PaymentNotFoundError, HTTPStatus.NOT_FOUND, "There is no such payment."),
    (NotFoundError, HTTPStatus.NOT_FOUND, "There is no such resource."),
    (
        KeyReusedError,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used for another request.",
    ),
    *(
        (
            kind,
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Payments are unavailable for the moment; repeat with the same Idempotency-Key.",
        )
        for kind in (
            SideFencedError,
            SideUnavailableError,
            ContendedError,
            LoginFailedError,
            RouteError,
            SecretError,
        )
    ),
)


@dataclass(frozen=True)
class Problem:
    """An HTTP answer to a request that failed."""

    status: HTTPStatus
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_fault_of_service(self) -> bool:
        """Whether the service, and not the client, has to do something about it."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def problem(error: Exception, request_id: str) -> Problem:
    """Return the answer to an exception; what is not in the table is an internal error.

    The body has a `message`, the `request_id` that log lines carry, and `errors` with a `field`
    and a `problem` each when fields are at fault. It never repeats the exception's own text.
    """
    status, message = HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed; the fault is logged."
    for kind, kind_status, kind_message in _ANSWERS:
        if isinstance(error, kind):
            status, message = kind_status, kind_message
            break
    body: dict[str, Any] = {"message": message, "request_id": request_id}
    if isinstance(error, InvalidRequestError):
        body["errors"] = [{"field": each.field, "problem": each.problem} for each in error.errors]
    unavailable = status is HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, body, {"Retry-After": str(RETRY_AFTER_SECONDS)} if unavailable else {})


def log_fields(error: Exception) -> dict[str, object]:
    """Return what of an exception may be logged: its type, and what expected errors say."""
    fields: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, FunctionError):
        fields["reason"] = str(error)
    return fields
