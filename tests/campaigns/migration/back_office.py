"""A client that speaks SQL, not HTTP: it books refunds wherever the application may write."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import psycopg

from localcloud.databases import ConnectionSettings
from shared.existing_secrets import Secrets
from tests.e2e.migrations import SIDES, Deployment

PAUSE_SECONDS = 0.02
_PAYMENT = "SELECT id FROM payments.payments ORDER BY created_at LIMIT 1"
_INSERT = (
    "INSERT INTO payments.refunds (payment_id, amount, reason)"
    " VALUES (%s, 1, 'receipt ' || nextval('payments.receipt_number'))"
    " RETURNING id, split_part(reason, ' ', 2)::bigint"
)
_UPDATE = "UPDATE payments.refunds SET amount = 2 WHERE id = %s"


@dataclass
class BackOffice:
    """Books a refund in each transaction: two sequences, an insert and an update of the row.

    It knows no route: refused on one side, it tries the other one, as the application would whose
    connection is refused. Everything that was committed is in `refunds` and `receipts`.
    """

    deployment: Deployment
    refunds: list[int] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)
    sides: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def busy(self) -> Iterator["BackOffice"]:
        """Let it work within the block. Whatever it fails with is raised at the block's end."""
        stop, failures = threading.Event(), list[BaseException]()

        def work() -> None:
            try:
                self._work(stop)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()
        assert failures == []

    def _work(self, stop: threading.Event) -> None:
        with contextlib.ExitStack() as stack:
            connections = {
                side: stack.enter_context(self._settings(side).connect(autocommit=True))
                for side in SIDES
            }
            side = "source"
            while not stop.is_set():
                try:
                    self._book(connections[side])
                    self.sides.add(side)
                except psycopg.errors.InsufficientPrivilege:
                    (side,) = (each for each in SIDES if each != side)
                time.sleep(PAUSE_SECONDS)

    def _book(self, connection: "psycopg.Connection[tuple[int, ...]]") -> None:
        with connection.transaction():
            payment = connection.execute(_PAYMENT).fetchall()[0][0]
            refund, receipt = connection.execute(_INSERT, [payment]).fetchall()[0]
            connection.execute(_UPDATE, [refund])
        self.refunds.append(refund)
        self.receipts.append(receipt)

    def _settings(self, side: str) -> ConnectionSettings:
        name = Secrets.APPLICATION.value.name("local")
        content = self.deployment.clients("secretsmanager").get_secret_value(SecretId=name)
        login = json.loads(content["SecretString"])
        return replace(
            self.deployment.settings(side), user=login["username"], password=login["password"]
        )
