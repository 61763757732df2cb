"""The payments API, from an API Gateway event to rows on a real server and back."""

import base64
import hashlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from functions.payments import handler as payments
from functions.payments.service import PaymentNotFoundError, PaymentService
from functions.payments.wiring import Settings, service
from functions.runtime.route import MAX_AGE_SECONDS
from functions.runtime.settings import load
from localcloud.databases import CertificateAuthority
from tests.functions.support import (
    APPLICATION,
    Clusters,
    Context,
    create_secret,
    move_route,
)

pytestmark = pytest.mark.postgres

ORDER = {"amount": "12.5", "currency": "SGD", "reference": "INV-2026-0007"}
Call = Callable[..., dict[str, Any]]


def event(
    method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what API Gateway's proxy integration sends."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "request-1",
            "stage": "local",
            "path": f"/local{path}",
            "httpMethod": method,
            "identity": {},
        },
        "body": body,
        "isBase64Encoded": False,
    }


@pytest.fixture
def call(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Return a function that sends one request to a worker of this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    payments._service.cache_clear()

    def send(
        method: str, path: str, body: Any = None, key: str | None = None, **context: Any
    ) -> dict[str, Any]:
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {} if key is None else {"idempotency-key": key}
        answer: dict[str, Any] = payments.handler(
            event(method, path, text, headers), Context(**context)
        )
        return answer

    yield send
    if payments._service.cache_info().currsize:
        payments._service().close()
    payments._service.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what the function logs, as JSON lines."""
    stream = io.StringIO()
    for stream_handler in payments.logger.handlers:
        monkeypatch.setattr(stream_handler, "stream", stream)
    return stream


def header(answer: dict[str, Any], name: str) -> str | None:
    values = answer["multiValueHeaders"].get(name)
    return values[0] if values else None


def test_a_payment_is_created_with_its_entries_and_event(call: Call, clusters: Clusters) -> None:
    key = uuid4().hex
    answer = call("POST", "/payments", {**ORDER, "metadata": {"order": 7}}, key)
    assert answer["statusCode"] == 201
    body = json.loads(answer["body"])
    assert body.keys() == {"id", "amount", "currency", "reference", "status", "created_at"}
    assert (body["amount"], body["currency"], body["status"]) == ("12.50", "SGD", "captured")
    assert header(answer, "Location") == f"payments/{body['id']}"
    assert header(answer, "Idempotent-Replayed") is None
    canonical = (
        '{"amount":"12.50","currency":"SGD","metadata":{"order":7},"reference":"INV-2026-0007"}'
    )
    assert clusters.query(
        "source",
        "SELECT idempotency_key, request_digest, amount, metadata"
        " FROM payments.payments WHERE id = %s",
        body["id"],
    ) == [(key, hashlib.sha256(canonical.encode()).digest(), Decimal("12.50"), {"order": 7})]
    assert clusters.query(
        "source",
        "SELECT account_number, direction, amount FROM payments.ledger_entries"
        " JOIN payments.accounts ON accounts.id = account_id WHERE payment_id = %s ORDER BY 1",
        body["id"],
    ) == [
        ("clearing-SGD", "debit", Decimal("12.50")),
        ("merchant-SGD", "credit", Decimal("12.50")),
    ]
    assert clusters.query(
        "source",
        "SELECT kind, payload FROM payments.payment_events WHERE payment_id = %s",
        body["id"],
    ) == [("payment.captured", {"status": "captured"})]


def test_a_created_payment_can_be_read(call: Call) -> None:
    created = json.loads(call("POST", "/payments", ORDER, uuid4().hex)["body"])
    answer = call("GET", f"/payments/{created['id']}")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == created


def test_the_same_request_again_gives_the_same_payment(call: Call, clusters: Clusters) -> None:
    key = uuid4().hex
    first = call("POST", "/payments", ORDER, key)
    again = call("POST", "/payments", {**ORDER, "amount": "12.50", "metadata": {}}, key)
    assert again["statusCode"] == 201
    assert again["body"] == first["body"]
    assert header(again, "Idempotent-Replayed") == "true"
    assert header(again, "Location") == header(first, "Location")
    assert count(clusters, "source", key) == 1


def test_the_same_key_for_another_request_is_refused(call: Call, clusters: Clusters) -> None:
    key = uuid4().hex
    call("POST", "/payments", ORDER, key)
    answer = call("POST", "/payments", {**ORDER, "amount": "12.51"}, key)
    assert answer["statusCode"] == 422
    assert "Idempotency-Key" in json.loads(answer["body"])["message"]
    assert count(clusters, "source", key) == 1


def count(clusters: Clusters, side: str, key: str) -> int:
    rows = clusters.query(
        side, "SELECT count(*) FROM payments.payments WHERE idempotency_key = %s", key
    )
    return int(rows[0][0])


def test_twenty_workers_with_one_key_make_one_payment(
    environment: dict[str, str], clusters: Clusters
) -> None:
    key, body = uuid4().hex, json.dumps(ORDER)
    # Built one by one: boto3's default session is not made for threads, nor does Lambda need it.
    workers = [service(load(Settings, environment)) for _ in range(20)]
    together = threading.Barrier(len(workers))

    def create(worker: PaymentService) -> tuple[str, bool]:
        try:
            # A first read connects, so that the writes meet and not the connections.
            with pytest.raises(PaymentNotFoundError):
                worker.find(str(uuid4()), seconds=5)
            together.wait(timeout=30)
            created = worker.create(body, key, seconds=10).value
            return str(created.payment.id), created.replayed
        finally:
            worker.close()

    with ThreadPoolExecutor(len(workers)) as pool:
        results = list(pool.map(create, workers))
    assert len({payment_id for payment_id, _ in results}) == 1
    assert [replayed for _, replayed in results].count(False) == 1
    assert count(clusters, "source", key) == 1
    entries = clusters.query(
        "source",
        "SELECT count(*) FROM payments.ledger_entries WHERE payment_id = %s",
        results[0][0],
    )
    assert entries == [(2,)]


def test_every_field_at_fault_is_answered_at_once(call: Call) -> None:
    answer = call("POST", "/payments", {"amount": 5, "currency": "XTS", "colour": "red"})
    assert answer["statusCode"] == 400
    body = json.loads(answer["body"])
    assert {error["field"] for error in body["errors"]} == {
        "Idempotency-Key",
        "amount",
        "currency",
        "reference",
        "colour",
    }
    assert all(error["problem"] for error in body["errors"])
    assert body["request_id"] == "request-1"


@pytest.mark.parametrize("body", ["not base64!", base64.b64encode(b"\xff\xfe").decode()])
def test_a_binary_body_is_answered_400(call: Call, body: str) -> None:
    request = {**event("POST", "/payments", body), "isBase64Encoded": True}
    answer = payments.handler(request, Context())
    assert answer["statusCode"] == 400
    assert {error["field"] for error in json.loads(answer["body"])["errors"]} == {"body"}


def test_a_request_without_headers_and_body_is_answered_400(call: Call) -> None:
    request = {**event("POST", "/payments"), "headers": None, "multiValueHeaders": None}
    assert payments.handler(request, Context())["statusCode"] == 400


def test_a_body_in_base64_is_read(call: Call) -> None:
    body = base64.b64encode(json.dumps(ORDER).encode()).decode()
    headers = {"Idempotency-Key": uuid4().hex}
    request = {**event("POST", "/payments", body, headers), "isBase64Encoded": True}
    assert payments.handler(request, Context())["statusCode"] == 201


def test_a_currency_without_house_accounts_is_refused(call: Call, clusters: Clusters) -> None:
    key = uuid4().hex
    answer = call("POST", "/payments", {**ORDER, "currency": "XTS"}, key)
    assert answer["statusCode"] == 400
    assert [e["field"] for e in json.loads(answer["body"])["errors"]] == ["currency"]
    assert count(clusters, "source", key) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/payments/4be0643f-1d98-573b-97cd-ca98a65347dd", 404),
        ("GET", "/payments/seven", 400),
        ("GET", "/elsewhere", 404),
        ("DELETE", "/payments", 404),
    ],
)
def test_what_is_not_there_is_answered_in_json(
    call: Call, method: str, path: str, status: int
) -> None:
    answer = call(method, path)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["message"]


def test_a_new_route_is_followed_when_the_known_one_is_too_old(
    call: Call, environment: dict[str, str], clusters: Clusters
) -> None:
    call("POST", "/payments", ORDER, uuid4().hex)
    move_route(environment["ROUTE_PARAMETER_NAME"], "target", 2)
    deadline = time.monotonic() + 2 * MAX_AGE_SECONDS
    while time.monotonic() < deadline:
        key = uuid4().hex
        assert call("POST", "/payments", ORDER, key)["statusCode"] == 201
        sides = (count(clusters, "source", key), count(clusters, "target", key))
        if sides == (0, 1):
            break
        assert sides == (1, 0)
    assert sides == (0, 1)


def test_a_database_that_is_down_is_answered_503_with_retry_after(
    call: Call, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setenv("SOURCE_PORT", "1")
    answer = call("POST", "/payments", ORDER, uuid4().hex, remaining_milliseconds=3_500)
    assert answer["statusCode"] == 503
    assert int(header(answer, "Retry-After") or 0) > 0
    assert "Traceback" not in answer["body"]
    assert "SideUnavailableError" in log.getvalue()


def test_a_payment_is_logged_without_its_content(call: Call, log: io.StringIO) -> None:
    key = uuid4().hex
    answer = call("POST", "/payments", ORDER, key)
    call("POST", "/payments", {**ORDER, "amount": "wrong"}, key)
    output = log.getvalue()
    assert key not in output
    assert ORDER["reference"] not in output
    assert "12.5" not in output
    lines = [json.loads(line) for line in output.splitlines() if "payment created" in line]
    assert [
        (line["payment_id"], line["side"], line["epoch"], line["correlation_id"]) for line in lines
    ] == [(json.loads(answer["body"])["id"], "source", 1, "request-1")]


def test_a_missing_variable_is_answered_500_and_named_in_the_log(
    call: Call, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.delenv("DATABASE_NAME")
    answer = call("GET", f"/payments/{uuid4()}")
    assert answer["statusCode"] == 500
    assert "DATABASE_NAME" not in answer["body"]
    assert "DATABASE_NAME is missing" in log.getvalue()


def test_a_rotated_password_is_picked_up(
    call: Call, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = create_secret({**APPLICATION, "password": "an-earlier-password"})
    monkeypatch.setenv("APPLICATION_SECRET_ARN", stale)
    assert call("POST", "/payments", ORDER, uuid4().hex)["statusCode"] == 503
    boto3.client("secretsmanager").put_secret_value(
        SecretId=stale, SecretString=json.dumps(APPLICATION)
    )
    assert call("POST", "/payments", ORDER, uuid4().hex)["statusCode"] == 201


def test_a_server_with_another_authoritys_certificate_is_not_trusted(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger = CertificateAuthority.create(tmp_path)
    monkeypatch.setenv("CERTIFICATE_AUTHORITY_SECRET_ARN", create_secret({"pem": stranger.pem}))
    answer = call("POST", "/payments", ORDER, uuid4().hex, remaining_milliseconds=3_200)
    assert answer["statusCode"] == 503
