"""Clients of the API: each posts payments over one kept-alive connection, as fast as it is told."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

_BODY = {"amount": "12.50", "currency": "SGD", "reference": "cutover under load"}
_CREATED = 201
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """When a request was answered, how long it took (seconds, monotonic clock), and how."""

    at: float
    seconds: float
    status: int
    payment: str | None


@dataclass
class Clients:
    """Threads that post payments until they are stopped. Nothing is repeated: answers count."""

    url: str
    token: str
    count: int
    pause: float
    answers: list[Answer] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start all of them."""
        for _ in range(self.count):
            thread = threading.Thread(target=self._work)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop them, and wait for what they have under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            while not self._stopped.wait(self.pause):
                self.answers.append(self._pay(connection, f"{parts.path}/payments"))
        finally:
            connection.close()

    def _pay(self, connection: http.client.HTTPConnection, path: str) -> Answer:
        began = time.monotonic()
        try:
            connection.request("POST", path, json.dumps(_BODY), self._headers())
            response = connection.getresponse()
            document = json.loads(response.read())
            status = response.status
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            status, document = 0, {}
        ended = time.monotonic()
        payment = document.get("id") if status == _CREATED else None
        return Answer(ended, ended - began, status, payment)

    def _headers(self) -> Mapping[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
