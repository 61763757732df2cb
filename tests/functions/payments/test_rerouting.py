"""Writes and reads that a side refuses find the other side, against real servers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.payments.request import parse
from functions.payments.rerouting import SideRouter
from functions.payments.routing import Patience
from functions.payments.service import PaymentNotFoundError, PaymentService
from functions.payments.wiring import Settings, routes, sessions
from functions.runtime.errors import DatabaseError, SideFencedError, SideUnavailableError
from functions.runtime.settings import load
from tests.functions.support import APPLICATION, Clusters, move_route

pytestmark = pytest.mark.postgres

BODY = json.dumps({"amount": "7.00", "currency": "EUR", "reference": "R-1"})


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return load(Settings, environment)


@pytest.fixture
def payments(settings: Settings) -> Iterator[PaymentService]:
    router = SideRouter(
        routes(settings), sessions(settings), patience=Patience(fenced=3.0, unavailable=1.0)
    )
    service = PaymentService(router)
    yield service
    service.close()


@contextlib.contextmanager
def fenced(clusters: Clusters, side: str, privileges: str = "INSERT, UPDATE") -> Iterator[None]:
    """Revoke the application's privileges on a side, as a cutover does, and give them back."""
    clusters.query(
        side, f"REVOKE {privileges} ON ALL TABLES IN SCHEMA payments FROM payments_writer"
    )
    try:
        yield
    finally:
        clusters.query(
            side,
            "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA payments TO payments_writer",
        )


def count(clusters: Clusters, side: str, key: str) -> int:
    statement = "SELECT count(*) FROM payments.payments WHERE idempotency_key = %s"
    return int(clusters.query(side, statement, key)[0][0])


def test_a_write_held_by_the_fence_goes_to_the_new_side_once_the_route_moves(
    payments: PaymentService, settings: Settings, clusters: Clusters
) -> None:
    payments.create(BODY, uuid4().hex, seconds=5)
    key = uuid4().hex
    with fenced(clusters, "source"):
        cutover = threading.Timer(0.3, move_route, (settings.route_parameter_name, "target", 2))
        cutover.start()
        routed = payments.create(BODY, key, seconds=10)
        cutover.join()
    assert (routed.route.active, routed.route.epoch) == ("target", 2)
    assert routed.attempts > 1
    assert not routed.value.replayed
    assert (count(clusters, "source", key), count(clusters, "target", key)) == (0, 1)


def test_a_write_held_by_the_fence_stays_when_the_cutover_is_undone(
    payments: PaymentService, clusters: Clusters
) -> None:
    key = uuid4().hex
    undone = threading.Event()

    def hold_the_fence() -> None:
        with fenced(clusters, "source"):
            is_up.set()
            undone.wait(0.3)

    is_up = threading.Event()
    cutover = threading.Thread(target=hold_the_fence)
    cutover.start()
    is_up.wait(5)
    routed = payments.create(BODY, key, seconds=10)
    cutover.join()
    assert (routed.route.active, routed.route.epoch) == ("source", 1)
    assert routed.attempts > 1
    assert count(clusters, "source", key) == 1


def test_a_fence_that_outlasts_patience_is_given_up(
    payments: PaymentService, clusters: Clusters
) -> None:
    key = uuid4().hex
    with fenced(clusters, "source"), pytest.raises(SideFencedError) as caught:
        payments.create(BODY, key, seconds=0.5)
    assert caught.value.sqlstate == "42501"
    assert count(clusters, "source", key) == 0


def test_a_reader_with_a_stale_route_is_sent_to_the_new_side(
    payments: PaymentService, settings: Settings, clusters: Clusters
) -> None:
    with pytest.raises(PaymentNotFoundError):
        payments.find(str(uuid4()), seconds=5)
    _, request = parse(BODY, "k")
    payment_id = str(uuid4())
    clusters.query(
        "target",
        "INSERT INTO payments.payments"
        " (id, idempotency_key, request_digest, amount, currency, reference, status)"
        " VALUES (%s, %s, %s, 7, 'EUR', 'R-1', 'captured')",
        payment_id,
        uuid4().hex,
        request.digest(),
    )
    move_route(settings.route_parameter_name, "target", 2)
    with fenced(clusters, "source", "SELECT, INSERT, UPDATE"):
        routed = payments.find(payment_id, seconds=5)
    assert str(routed.value.id) == payment_id
    assert (routed.route.epoch, routed.attempts) == (2, 2)


def test_a_read_only_session_is_refused_with_its_sqlstate(
    payments: PaymentService, clusters: Clusters
) -> None:
    role = APPLICATION["username"]
    clusters.query("source", f"ALTER ROLE {role} SET default_transaction_read_only = on")
    try:
        with pytest.raises(SideFencedError) as caught:
            payments.create(BODY, uuid4().hex, seconds=0.5)
    finally:
        clusters.query("source", f"ALTER ROLE {role} RESET default_transaction_read_only")
    assert caught.value.sqlstate == "25006"


def test_a_terminated_connection_is_replaced_without_the_client_noticing(
    payments: PaymentService, clusters: Clusters
) -> None:
    payments.create(BODY, uuid4().hex, seconds=5)
    terminate(clusters)
    key = uuid4().hex
    routed = payments.create(BODY, key, seconds=5)
    assert routed.attempts == 2
    assert count(clusters, "source", key) == 1


def terminate(clusters: Clusters) -> None:
    ended = clusters.query(
        "source",
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s",
        APPLICATION["username"],
    )
    assert (True,) in ended


def test_a_commit_whose_answer_was_lost_is_found_and_is_no_replay(
    settings: Settings, clusters: Clusters
) -> None:
    """The row is there, but the worker learns only that the connection broke."""
    open_sessions = sessions(settings)
    router = SideRouter(routes(settings), open_sessions)
    service = PaymentService(router)
    session = open_sessions.session(routes(settings).read().active)
    answered = session.run

    def lose_the_answer(statement: str, **parameters: object) -> list[list[object]]:
        answered(statement, **parameters)
        session.close()
        raise SideUnavailableError("the connection is lost")

    session.run = lose_the_answer  # type: ignore[method-assign]  # the wire, not the service
    key = uuid4().hex
    try:
        routed = service.create(BODY, key, seconds=5)
    finally:
        service.close()
    assert routed.attempts == 2
    assert not routed.value.replayed
    assert count(clusters, "source", key) == 1


def test_an_error_that_would_recur_is_raised_at_once_without_values(
    settings: Settings, payments: PaymentService
) -> None:
    open_sessions = sessions(settings)
    try:
        with pytest.raises(DatabaseError) as caught:
            SideRouter(routes(settings), open_sessions).run(
                lambda session: session.run(
                    "INSERT INTO payments.accounts (account_number, currency, kind)"
                    " VALUES (:number, 'SGD', 'merchant')",
                    number="merchant-SGD",
                ),
                seconds=5,
            )
    finally:
        open_sessions.close()
    assert caught.value.sqlstate == "23505"
    assert "merchant-SGD" not in str(caught.value)
    assert "accounts_account_number_key" in str(caught.value)
