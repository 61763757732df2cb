"""Secrets of Secrets Manager, kept in memory until a caller learns that one is out of date."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.runtime.errors import SecretError


class SecretReader:
    """Reads JSON secrets, each fetched once per worker.

    There is no expiry: a rotated secret shows itself by a failed log-in or an unknown key, and
    the caller that sees it asks again with `force_fetch`. So rotation costs no periodic calls,
    and an outage of Secrets Manager does not touch a warm worker.
    """

    def __init__(self, client: Any) -> None:
        """Read through `client`, a boto3 client of Secrets Manager."""
        self._client = client
        self._cache: dict[str, Mapping[str, str]] = {}

    def read(
        self, arn: str, keys: tuple[str, ...], *, force_fetch: bool = False
    ) -> Mapping[str, str]:
        """Return the secret's JSON object, checked to have `keys`, each a non-empty string.

        Raises SecretError, which names the secret and the keys at fault, never a value.
        """
        if force_fetch or arn not in self._cache:
            self._cache[arn] = self._fetch(arn)
        secret = self._cache[arn]
        missing = [key for key in keys if not isinstance(secret.get(key), str) or not secret[key]]
        if missing:
            raise SecretError(f"secret {arn} has no text at: {', '.join(missing)}")
        return secret

    def _fetch(self, arn: str) -> Mapping[str, str]:
        try:
            response = self._client.get_secret_value(SecretId=arn)
        except (BotoCoreError, ClientError) as error:
            raise SecretError(f"secret {arn} cannot be read: {type(error).__name__}") from error
        try:
            secret = json.loads(response["SecretString"])
        except (KeyError, ValueError):
            secret = None
        if not isinstance(secret, dict):
            raise SecretError(f"secret {arn} is not a JSON object") from None
        return secret
