"""The key that verifies tokens, read from Secrets Manager and again after it was rotated."""

import time
from collections.abc import Callable

from functions.authorizer import tokens
from functions.authorizer.tokens import Principal, UnknownKeyError, VerificationKey
from functions.runtime.secrets import SecretReader

KEYS_OF_SECRET = ("algorithm", "issuer", "audience", "kid", "key")
REFRESH_INTERVAL_SECONDS = 30.0
"""At least this long between two refreshes, or strangers' tokens could drain the API quota."""


class TokenVerifier:
    """Verifies tokens with the key in a secret."""

    def __init__(
        self,
        secrets: SecretReader,
        secret_arn: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Verify with the key that `secrets` reads from `secret_arn`; `clock` gives seconds."""
        self._secrets = secrets
        self._secret_arn = secret_arn
        self._clock = clock
        self._refreshed_at: float | None = None

    def verify(self, token: str) -> Principal:
        """Return the principal of a valid token.

        A token that names an unknown key is tried once more with the secret fetched anew, unless
        that was done within REFRESH_INTERVAL_SECONDS. Raises InvalidTokenError for the token's
        faults, SecretError and KeyUnusableError for the key's.
        """
        try:
            return tokens.verify(token, self._key(force_fetch=False))
        except UnknownKeyError:
            if not self._may_refresh():
                raise
        return tokens.verify(token, self._key(force_fetch=True))

    def _may_refresh(self) -> bool:
        now = self._clock()
        if self._refreshed_at is not None and now - self._refreshed_at < REFRESH_INTERVAL_SECONDS:
            return False
        self._refreshed_at = now
        return True

    def _key(self, *, force_fetch: bool) -> VerificationKey:
        secret = self._secrets.read(self._secret_arn, KEYS_OF_SECRET, force_fetch=force_fetch)
        return VerificationKey.from_secret(secret)
