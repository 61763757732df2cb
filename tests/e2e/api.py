"""The deployed API, called as a client would."""

import json
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

BODY = {"amount": "12.50", "currency": "SGD", "reference": "invoice 1001"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Api:
    """The deployed API, called as a client would."""

    url: str
    token: str

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Answer:
        headers = {"Content-Type": "application/json"}
        bearer = self.token if token is None else token
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), json.load(response))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), json.load(error))

    def pay(self, **changes: Any) -> Answer:
        return self.call("POST", "/payments", {**BODY, **changes}, key=str(uuid.uuid4()))
