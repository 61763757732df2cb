"""boto3 clients, built once and shared: building one costs up to 60 ms and 30 MB."""

import threading
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.config

_CONNECTIONS = 32


@dataclass(frozen=True)
class Account:
    """Where requests go, and as whom. The secret never appears in the text of this object."""

    endpoint_url: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"Account({self.endpoint_url!r}, access_key={self.access_key!r})"


class Clients:
    """A thread-safe cache of boto3 clients by service, region and account.

    A request is sent once: repeating one that may have been carried out could create a resource
    twice. Path-style addresses, because the laptop cloud has no name for each bucket. No proxy:
    the cloud is on this machine.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str, Account], Any] = {}
        self._lock = threading.Lock()
        self._session: Any = boto3.Session()  # typed stubs know a client by literal name only

    def get(self, service: str, region: str, account: Account) -> Any:
        """Return the client of a service in a region."""
        key = (service, region, account)
        client = self._clients.get(key)
        if client is not None:
            return client
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._build(service, region, account)
            return self._clients[key]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _build(self, service: str, region: str, account: Account) -> Any:
        configuration = botocore.config.Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=_CONNECTIONS,
            s3={"addressing_style": "path"},
            parameter_validation=True,
            proxies={},
            user_agent="laptop-cloud-provider",  # a stock one is composed anew for each request
        )
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=account.endpoint_url,
            aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key,
            config=configuration,
        )
