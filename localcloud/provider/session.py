"""One configured provider instance: a region, an account, and calls in its name."""

import threading
from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from localcloud.provider.clients import Account, Clients
from localcloud.provider.errors import ProviderError, RefusedRequestError
from localcloud.provider.scope import Scope
from localcloud.provider.wire import Properties

_READING = ("Describe", "Get", "List", "Head", "Search")


class Session:
    """What one engine connection configured; safe to use from several threads."""

    def __init__(self, clients: Clients, account: Account, region: str) -> None:
        self.account = account
        self.region = region
        self._clients = clients
        self._account_id: str | None = None
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the boto3 client of a service, in the session's region unless told otherwise."""
        return self._clients.get(service, region or self.region, self.account)

    def call(
        self, service: str, operation: str, request: Mapping[str, Any], region: str | None = None
    ) -> dict[str, Any]:
        """Make one API call and return the answer without its metadata.

        An operation that only reads is repeated once when the connection breaks. Raises
        RefusedRequestError when the service refuses, ProviderError when it cannot be reached or
        when botocore refuses to send the request.
        """
        try:
            try:
                answer = self._send(service, operation, request, region)
            except HTTPClientError:
                if not operation.startswith(_READING):
                    raise
                answer = self._send(service, operation, request, region)
        except ClientError as error:
            raise RefusedRequestError(service, operation, error) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise ProviderError(f"{service} {operation}: {error}") from error
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def pages(
        self, service: str, operation: str, request: Mapping[str, Any], region: str | None = None
    ) -> dict[str, Any]:
        """Like ``call``, but with all pages of an answer that comes in pages."""
        client, name = self.client(service, region), xform_name(operation)
        if not client.can_paginate(name):
            return self.call(service, operation, request, region)
        try:
            pages = client.get_paginator(name).paginate(**request)
            return dict(pages.build_full_result())
        except ClientError as error:
            raise RefusedRequestError(service, operation, error) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise ProviderError(f"{service} {operation}: {error}") from error

    def account_id(self) -> str:
        """Return the twelve digits of the account that the credentials belong to."""
        with self._lock:
            if self._account_id is None:
                self._account_id = str(self.call("sts", "GetCallerIdentity", {})["Account"])
            return self._account_id

    def scope(self, inputs: Properties, **parts: Any) -> Scope:
        """Return a scope for expressions about a resource with these inputs."""
        return Scope(
            inputs=inputs,
            region=inputs.get("region") or self.region,
            endpoint_url=self.account.endpoint_url,
            account=self.account_id,
            **parts,
        )

    def _send(
        self, service: str, operation: str, request: Mapping[str, Any], region: str | None
    ) -> dict[str, Any]:
        method = getattr(self.client(service, region), xform_name(operation))
        answer: dict[str, Any] = method(**request)
        return answer
