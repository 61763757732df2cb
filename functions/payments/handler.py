"""Lambda entry point of the payments API (API Gateway REST API, AWS_PROXY integration).

Sources: API Gateway developer guide, "Set up Lambda proxy integrations"; Powertools for AWS
Lambda (Python), "REST API", "Logger" and "Metrics".
"""

import functools
import json
import time
import traceback
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.payments.problems import log_fields, problem
from functions.payments.repository import Payment
from functions.payments.request import IDEMPOTENCY_HEADER, FieldError, InvalidRequestError
from functions.payments.rerouting import Routed
from functions.payments.service import PaymentService
from functions.payments.wiring import Settings, service
from functions.runtime.database import SOCKET_MARGIN_SECONDS, STATEMENT_TIMEOUT_SECONDS
from functions.runtime.settings import load

METRICS_NAMESPACE = "Payments"
RESERVED_SECONDS = STATEMENT_TIMEOUT_SECONDS + SOCKET_MARGIN_SECONDS
"""Kept of the invocation's time for the attempt that is under way when patience ends."""

logger = Logger()
metrics = Metrics(namespace=METRICS_NAMESPACE)
app = APIGatewayRestResolver()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request."""
    started = time.monotonic()
    answer = app.resolve(event, context)
    metrics.add_metric("Latency", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
    return answer


@app.post("/payments")
def create_payment() -> Response[str]:
    """Create a payment; 201 also when an earlier request with the same key created it."""
    started = time.monotonic()
    routed = _service().create(
        _body(),
        app.current_event.headers.get(IDEMPOTENCY_HEADER),
        seconds=_seconds(),
    )
    payment, replayed = routed.value.payment, routed.value.replayed
    metrics.add_metric("Replayed" if replayed else "Created", MetricUnit.Count, 1)
    _log("payment created", payment, routed, started, replayed=replayed)
    # Relative to the request's own URL, so that it holds under any stage and custom domain.
    headers = {"Location": f"payments/{payment.id}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return _response(HTTPStatus.CREATED, payment.document(), headers)


@app.get("/payments/<payment_id>")
def get_payment(payment_id: str) -> Response[str]:
    """Return a payment."""
    started = time.monotonic()
    routed = _service().find(payment_id, seconds=_seconds())
    payment = routed.value
    _log("payment read", payment, routed, started)
    return _response(HTTPStatus.OK, payment.document(), {})


def failed(error: Exception) -> Response[str]:
    """Answer a request that failed, and log why as far as that may be logged."""
    answer = problem(error, app.current_event.request_context.request_id or "")
    if answer.status is HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request failed", extra=log_fields(error) | {"stack": _frames(error)})
    elif answer.is_fault_of_service:
        logger.warning("request not served", extra=log_fields(error))
    else:
        logger.info("request refused", extra=log_fields(error))
    metrics.add_metric("Failed" if answer.is_fault_of_service else "Refused", MetricUnit.Count, 1)
    return _response(answer.status, answer.body, answer.headers)


app.exception_handler(Exception)(failed)
app.not_found(failed)


@functools.cache
def _service() -> PaymentService:
    """Build the service at the first request, so that a fault in it is answered and logged."""
    return service(load(Settings))


def _body() -> str | None:
    """Return the request's body as text; raises InvalidRequestError when it is not UTF-8."""
    if not app.current_event.body:
        return None
    try:
        return app.current_event.decoded_body
    except ValueError:
        raise InvalidRequestError(FieldError("body", "is not text in UTF-8")) from None


def _seconds() -> float:
    remaining: int = app.lambda_context.get_remaining_time_in_millis()
    return remaining / 1000 - RESERVED_SECONDS


def _response(status: HTTPStatus, body: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    return Response(
        status_code=status.value,
        content_type=content_types.APPLICATION_JSON,
        body=json.dumps(body),
        headers={"Cache-Control": "no-store", **headers},
    )


def _log(
    message: str, payment: Payment, routed: Routed[Any], started: float, **extra: object
) -> None:
    """Log what was done where; no amount, reference or key ever goes into a log."""
    if routed.attempts > 1:
        metrics.add_metric("Rerouted", MetricUnit.Count, 1)
    logger.info(
        message,
        extra={
            "payment_id": str(payment.id),
            "status": payment.status,
            "side": routed.route.active.value,
            "epoch": routed.route.epoch,
            "attempts": routed.attempts,
            "duration_ms": round((time.monotonic() - started) * 1000, 1),
            **extra,
        },
    )


def _frames(error: BaseException) -> list[str]:
    """Return where an exception came from, without its message, which may quote a request."""
    return traceback.format_tb(error.__traceback__)
