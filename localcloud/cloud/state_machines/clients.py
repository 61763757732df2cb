"""The boto3 clients of the interpreter's tasks, kept: moto makes one for every task.

A new client costs tens of milliseconds, and making several at once in threads of the same
session is not safe ("Multithreading or multiprocessing with clients", Boto3 guide). They never go
through a proxy: what they reach is this process.
"""

import threading
from typing import Any

import boto3
from botocore.config import Config

from localcloud import settings

_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 900
"""The longest that a function may run; a task's own time-out is the interpreter's matter."""


class Clients:
    """One client a service and region."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = threading.Lock()
        self._session = boto3.Session(
            aws_access_key_id=settings.ACCESS_KEY_ID,
            aws_secret_access_key=settings.SECRET_ACCESS_KEY,
        )
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, region: str, service: str, state_credentials: Any = None) -> Any:
        """Return the client; credentials make no difference where none are checked."""
        del state_credentials
        with self._lock:
            key = (region, service)
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,  # type: ignore[call-overload]  # the stubs want a literal
                    region_name=region,
                    endpoint_url=self._endpoint_url,
                    config=Config(
                        parameter_validation=False,
                        retries={"total_max_attempts": 1},
                        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                        read_timeout=_READ_TIMEOUT_SECONDS,
                        max_pool_connections=40,
                        proxies={},
                    ),
                )
            return self._clients[key]
