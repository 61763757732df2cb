"""Clients of the payments service: writers and readers that go on through a cutover."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from functions.payments.rerouting import SideRouter
from functions.payments.service import PaymentService
from functions.payments.wiring import Settings, routes, sessions
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair, eventually
from tests.functions.support import APPLICATION, create_secret

SECONDS = 10.0


@dataclass
class Traffic:
    """What clients did: keys of acknowledged payments, and what went wrong."""

    acknowledged: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    reads: int = 0
    errors: list[BaseException] = field(default_factory=list)
    sides: set[str] = field(default_factory=set)
    slowest: float = 0.0

    def flows(self, requests: int = 20) -> None:
        """Wait for so many more writes and reads."""
        written, read = len(self.acknowledged) + requests, self.reads + requests
        eventually(
            lambda: self.errors or (len(self.acknowledged) >= written and self.reads >= read)
        )


def payments_settings(pair: Pair) -> Settings:
    """Return the payments function's settings for a pair; needs boto3 to point at the local AWS."""
    source, target = (pair.settings(side) for side in Side)
    return Settings(
        route_parameter_name=pair.route_name,
        source_host=source.host,
        source_port=source.port,
        target_host=target.host,
        target_port=target.port,
        database_name=pair.name,
        application_secret_arn=create_secret(APPLICATION),
        certificate_authority_secret_arn=create_secret({"pem": pair.clusters.authority.pem}),
    )


@contextlib.contextmanager
def traffic(pair: Pair, writers: int = 3) -> Iterator[Traffic]:
    """Let clients create payments, and read the ones that were acknowledged, until the exit."""
    settings = payments_settings(pair)
    seen, stop = Traffic(), threading.Event()

    def client(work: str) -> None:
        service = PaymentService(SideRouter(routes(settings), sessions(settings)))
        try:
            while not stop.is_set():
                started = time.monotonic()
                _write(service, seen) if work == "write" else _read(service, seen)
                seen.slowest = max(seen.slowest, time.monotonic() - started)
        except BaseException as error:
            seen.errors.append(error)
        finally:
            service.close()

    threads = [threading.Thread(target=client, args=("write",)) for _ in range(writers)]
    threads.append(threading.Thread(target=client, args=("read",)))
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _write(service: PaymentService, seen: Traffic) -> None:
    key = uuid4().hex
    body = json.dumps({"amount": "1.00", "currency": "SGD", "reference": "traffic"})
    routed = service.create(body, key, seconds=SECONDS)
    seen.acknowledged.append(key)
    seen.identifiers.append(str(routed.value.payment.id))
    seen.sides.add(routed.route.active.value)
    time.sleep(0.002)


def _read(service: PaymentService, seen: Traffic) -> None:
    """Read the last payment that was acknowledged: a side that lags behind would not have it."""
    if not seen.identifiers:
        time.sleep(0.005)
        return
    identifier = seen.identifiers[-1]
    assert str(service.find(identifier, seconds=SECONDS).value.id) == identifier
    seen.reads += 1
    time.sleep(0.002)
