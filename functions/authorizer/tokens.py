"""Verification of bearer tokens: signed JWTs (RFC 7519) with a shared key.

The algorithm is fixed here, never taken from the token (RFC 8725, "JSON Web Token Best Current
Practices", section 3.1); issuer, audience and expiry are required (sections 3.8 and 3.9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt

ALGORITHM = "HS256"
LEEWAY_SECONDS = 5
MINIMUM_KEY_BYTES = 32
"""A key as long as the hash, which HS256 demands (RFC 7518, section 3.2)."""
MAX_TOKEN_LENGTH = 4096
REQUIRED_CLAIMS = ("exp", "iat", "iss", "aud", "sub")


class InvalidTokenError(Exception):
    """The token proves nothing; the message says why, and holds no part of the token."""


class UnknownKeyError(InvalidTokenError):
    """The token was signed with a key other than the one at hand: it may be a newer one."""


class KeyUnusableError(Exception):
    """The key that the account's owner provides cannot verify tokens."""


@dataclass(frozen=True)
class VerificationKey:
    """The key, and the issuer and audience that its tokens must name."""

    kid: str
    key: str = field(repr=False)
    issuer: str
    audience: str

    @classmethod
    def from_secret(cls, secret: Mapping[str, str]) -> "VerificationKey":
        """Return the key in a secret with `algorithm`, `issuer`, `audience`, `kid` and `key`.

        Raises KeyUnusableError for another algorithm than HS256 and for a key that is too short.
        """
        if secret["algorithm"] != ALGORITHM:
            raise KeyUnusableError(f"the key is not for {ALGORITHM}")
        if len(secret["key"].encode()) < MINIMUM_KEY_BYTES:
            raise KeyUnusableError(f"the key is shorter than {MINIMUM_KEY_BYTES} bytes")
        return cls(secret["kid"], secret["key"], secret["issuer"], secret["audience"])


@dataclass(frozen=True)
class Principal:
    """Whom a valid token speaks for, and the scopes it grants (RFC 8693, section 4.2)."""

    subject: str
    scopes: frozenset[str]


def bearer_token(header: str) -> str:
    """Return the token in an Authorization header (RFC 6750, section 2.1).

    Raises InvalidTokenError when the header is not `Bearer` and one token.
    """
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise InvalidTokenError("the header does not hold one bearer token")
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidTokenError(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
    return token


def verify(token: str, key: VerificationKey) -> Principal:
    """Return the principal of a token that is genuine, current and meant for this API.

    Raises UnknownKeyError when it names another key, and InvalidTokenError otherwise.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        if kid != key.kid:
            raise UnknownKeyError("the token names another key")
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[ALGORITHM],
            issuer=key.issuer,
            audience=key.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": list(REQUIRED_CLAIMS)},
        )
    except jwt.PyJWTError as error:
        raise InvalidTokenError(type(error).__name__) from None
    subject, scope = claims["sub"], claims.get("scope", "")
    if not isinstance(subject, str) or not subject or not isinstance(scope, str):
        raise InvalidTokenError("the subject or the scope is not text")
    return Principal(subject, frozenset(scope.split()))
