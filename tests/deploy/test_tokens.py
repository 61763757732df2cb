"""Tokens are what the authorizer's secret can verify."""

import time

import jwt
import pytest

from deploy.tokens import LIFETIME_SECONDS, mint

KEY = {
    "algorithm": "HS256",
    "issuer": "issuer",
    "audience": "payments-api",
    "kid": "key-1",
    "key": "k" * 32,
}


def test_a_token_carries_the_scopes_and_is_verified_by_the_key() -> None:
    now = time.time()

    token = mint(KEY, ["payments:read"], "someone", now)

    claims = jwt.decode(token, KEY["key"], algorithms=["HS256"], audience="payments-api")
    assert claims["scope"] == "payments:read"
    assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS
    assert jwt.get_unverified_header(token)["kid"] == "key-1"


def test_another_key_does_not_verify_it() -> None:
    token = mint(KEY, [], "someone", time.time())

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, "x" * 32, algorithms=["HS256"], audience="payments-api")
