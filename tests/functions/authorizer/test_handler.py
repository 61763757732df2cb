"""The authorizer, from API Gateway's event to its policy, with the key in Secrets Manager."""

import io
import json
from collections.abc import Iterator

import boto3
import pytest

from functions.authorizer import handler as authorizer
from functions.authorizer.keys import REFRESH_INTERVAL_SECONDS, TokenVerifier
from functions.authorizer.tokens import KeyUnusableError, UnknownKeyError
from functions.runtime.errors import SecretError
from functions.runtime.secrets import SecretReader
from tests.functions.authorizer.test_tokens import KEY, SECRET, token
from tests.functions.support import Context, create_secret

METHOD_ARN = "arn:aws:execute-api:ap-southeast-1:123456789012:a1b2c3/local/POST/payments"
CONTENT = {
    "algorithm": "HS256",
    "issuer": KEY.issuer,
    "audience": KEY.audience,
    "kid": KEY.kid,
    "key": SECRET,
}
NEXT_SECRET = "n" * 64


@pytest.fixture
def secret_arn(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Create the key's secret and make it the worker's."""
    arn = create_secret(CONTENT)
    monkeypatch.setenv("JWT_SECRET_ARN", arn)
    authorizer._verifier.cache_clear()
    yield arn
    authorizer._verifier.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    for stream_handler in authorizer.logger.handlers:
        monkeypatch.setattr(stream_handler, "stream", stream)
    return stream


def authorize(header: str | None) -> dict[str, object]:
    event = {"type": "TOKEN", "methodArn": METHOD_ARN}
    if header is not None:
        event["authorizationToken"] = header
    return authorizer.handler(event, Context())


def rotate(arn: str) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=arn, SecretString=json.dumps({**CONTENT, "kid": "key-2", "key": NEXT_SECRET})
    )


def test_a_valid_token_is_answered_with_a_policy(secret_arn: str) -> None:
    answer = authorize(f"Bearer {token()}")
    assert answer["principalId"] == "merchant-7"
    assert '"Effect": "Allow"' in json.dumps(answer)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer abc", "Basic dTpw"])
def test_no_valid_token_is_unauthorized(secret_arn: str, header: str | None) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(header)


def test_an_expired_token_is_unauthorized_and_never_logged(
    secret_arn: str, log: io.StringIO
) -> None:
    sent = token(exp=1)
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(f"Bearer {sent}")
    assert "ExpiredSignatureError" in log.getvalue()
    assert not any(part in log.getvalue() for part in sent.split("."))


def test_a_rotated_key_is_picked_up_and_the_old_one_no_longer_accepted(secret_arn: str) -> None:
    authorize(f"Bearer {token()}")
    rotate(secret_arn)
    answer = authorize(f"Bearer {token(key=NEXT_SECRET, kid='key-2')}")
    assert answer["principalId"] == "merchant-7"
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(f"Bearer {token()}")


def test_unknown_keys_do_not_fetch_the_secret_more_often_than_the_interval(aws: None) -> None:
    arn = create_secret(CONTENT)
    now = [0.0]
    verifier = TokenVerifier(
        SecretReader(boto3.client("secretsmanager")), arn, clock=lambda: now[0]
    )
    with pytest.raises(UnknownKeyError):
        verifier.verify(token(kid="key-2", key=NEXT_SECRET))
    rotate(arn)
    now[0] = REFRESH_INTERVAL_SECONDS - 1
    with pytest.raises(UnknownKeyError):
        verifier.verify(token(kid="key-2", key=NEXT_SECRET))
    now[0] = REFRESH_INTERVAL_SECONDS
    assert verifier.verify(token(kid="key-2", key=NEXT_SECRET)).subject == "merchant-7"


def test_without_a_usable_key_nothing_is_allowed(
    secret_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=secret_arn, SecretString=json.dumps({**CONTENT, "algorithm": "none"})
    )
    with pytest.raises(KeyUnusableError):
        authorize(f"Bearer {token()}")
    monkeypatch.setenv("JWT_SECRET_ARN", "secret-that-is-not-there")
    authorizer._verifier.cache_clear()
    with pytest.raises(SecretError):
        authorize(f"Bearer {token()}")
