"""Only a genuine, current token of the right kind, for this API, is accepted."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.authorizer.tokens import (
    LEEWAY_SECONDS,
    InvalidTokenError,
    KeyUnusableError,
    Principal,
    UnknownKeyError,
    VerificationKey,
    bearer_token,
    verify,
)

SECRET = "k" * 64
KEY = VerificationKey("key-1", SECRET, "https://issuer.example", "payments-api")


def token(
    *, key: str = SECRET, algorithm: str = "HS256", kid: str | None = "key-1", **changes: Any
) -> str:
    """Return a token that is valid but for `changes`; a change to None removes the claim."""
    now = int(time.time())
    claims = {
        "iss": KEY.issuer,
        "aud": KEY.audience,
        "sub": "merchant-7",
        "iat": now,
        "exp": now + 60,
        "scope": "payments:read payments:write",
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(present, key, algorithm=algorithm, headers=headers)


def test_a_valid_token_gives_its_principal() -> None:
    assert verify(token(), KEY) == Principal(
        "merchant-7", frozenset({"payments:read", "payments:write"})
    )


def test_a_token_without_scope_gives_a_principal_who_may_nothing() -> None:
    assert verify(token(scope=None), KEY).scopes == frozenset()


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub"])
def test_every_required_claim_is_required(claim: str) -> None:
    absent: dict[str, Any] = {claim: None}
    with pytest.raises(InvalidTokenError):
        verify(token(**absent), KEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://someone.example"},
        {"aud": "another-api"},
        {"exp": int(time.time()) - LEEWAY_SECONDS - 60},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": ""},
        {"scope": ["payments:read"]},
        {"key": "x" * 64},
        {"algorithm": "HS384"},
        {"algorithm": "HS512"},
    ],
)
def test_a_token_that_is_wrong_in_one_thing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        verify(token(**changes), KEY)


def test_an_unsigned_token_is_refused() -> None:
    _, claims, _ = token().split(".")
    header = base64.urlsafe_b64encode(
        json.dumps({"alg": "none", "typ": "JWT", "kid": "key-1"}).encode()
    )
    with pytest.raises(InvalidTokenError):
        verify(f"{header.decode().rstrip('=')}.{claims}.", KEY)


def test_claims_changed_after_signing_are_refused() -> None:
    header, _, signature = token(scope="payments:read").split(".")
    _, claims, _ = token(scope="payments:write").split(".")
    with pytest.raises(InvalidTokenError):
        verify(f"{header}.{claims}.{signature}", KEY)


@pytest.mark.parametrize("kid", ["key-2", None, ""])
def test_a_token_of_another_key_says_that_the_key_is_unknown(kid: str | None) -> None:
    with pytest.raises(UnknownKeyError):
        verify(token(kid=kid), KEY)


@given(st.text())
def test_whatever_is_sent_as_token_is_refused_in_order(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        verify(text, KEY)


@given(st.text())
def test_whatever_the_header_is_a_token_has_no_spaces_and_an_end(header: str) -> None:
    try:
        found = bearer_token(header)
    except InvalidTokenError:
        return
    assert found
    assert " " not in found


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc ", " Bearer abc"])
def test_the_scheme_is_bearer_in_any_case(header: str) -> None:
    assert bearer_token(header) == "abc"


@pytest.mark.parametrize(
    "header", ["", "abc", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer " + "a" * 5000]
)
def test_a_header_without_one_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(InvalidTokenError):
        bearer_token(header)


def test_a_refusal_never_quotes_the_token() -> None:
    sent = token(key="x" * 64)
    with pytest.raises(InvalidTokenError) as caught:
        verify(sent, KEY)
    assert not any(part in str(caught.value) for part in sent.split("."))


def test_a_key_is_not_shown() -> None:
    assert SECRET not in repr(KEY)


@pytest.mark.parametrize(
    "changes", [{"algorithm": "none"}, {"algorithm": "RS256"}, {"key": "k" * 31}]
)
def test_a_secret_that_cannot_verify_hs256_is_refused(changes: dict[str, str]) -> None:
    secret = {"algorithm": "HS256", "issuer": "i", "audience": "a", "kid": "k", "key": SECRET}
    with pytest.raises(KeyUnusableError):
        VerificationKey.from_secret({**secret, **changes})
