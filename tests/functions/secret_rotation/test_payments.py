"""A warm payments service goes on serving while its login is rotated under it."""

import json
import threading
from collections.abc import Mapping
from uuid import uuid4

import pytest

from functions.payments.service import PaymentService
from functions.payments.wiring import Settings, service
from functions.runtime.settings import load
from tests.functions.secret_rotation.world import World
from tests.functions.support import move_route

pytestmark = pytest.mark.postgres

BODY = json.dumps({"amount": "3.20", "currency": "SGD", "reference": "rotation"})
ROTATIONS = 3


class Client(threading.Thread):
    """Makes payments one after the other until it is told to stop; an error ends it."""

    def __init__(self, payments: PaymentService) -> None:
        super().__init__()
        self.made = 0
        self.failure: Exception | None = None
        self._progress = threading.Condition()
        self._payments = payments
        self._stop_asked = threading.Event()

    def run(self) -> None:
        try:
            while not self._stop_asked.is_set():
                self._payments.create(BODY, uuid4().hex, seconds=5)
                with self._progress:
                    self.made += 1
                    self._progress.notify_all()
        except Exception as error:
            with self._progress:
                self.failure = error
                self._progress.notify_all()

    def pays_again(self) -> bool:
        """Wait for two more payments: the second one began after this call."""
        with self._progress:
            wanted = self.made + 2
            self._progress.wait_for(lambda: self.failure or self.made >= wanted, timeout=30)
            return self.failure is None and self.made >= wanted

    def stop(self) -> None:
        self._stop_asked.set()
        self.join(timeout=30)


def test_a_warm_service_and_new_ones_meet_no_error_through_three_rotations(
    account: World, environment: Mapping[str, str]
) -> None:
    arn = account.settings.application_secret_arn
    settings = load(Settings, {**environment, "APPLICATION_SECRET_ARN": arn})
    warm = service(settings)
    client = Client(warm)
    client.start()
    try:
        assert client.pays_again()
        for _ in range(ROTATIONS):
            account.rotate(arn)
            new = service(settings)
            try:
                new.create(BODY, uuid4().hex, seconds=5)
            finally:
                new.close()
            assert client.pays_again(), client.failure
    finally:
        client.stop()
        warm.close()
    assert client.failure is None


def test_a_service_that_connects_again_finds_the_new_login(
    account: World, environment: Mapping[str, str]
) -> None:
    """Its cached login is refused after two rotations; the other side is one it never met."""
    arn = account.settings.application_secret_arn
    payments = service(load(Settings, {**environment, "APPLICATION_SECRET_ARN": arn}))
    try:
        payments.create(BODY, uuid4().hex, seconds=5)
        for _ in range(2):
            account.rotate(arn)
        move_route(environment["ROUTE_PARAMETER_NAME"], "target", 2)
        payments.close()
        routed = payments.create(BODY, uuid4().hex, seconds=5)
    finally:
        payments.close()
    assert routed.value.replayed is False
