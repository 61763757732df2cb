"""The policy lists all that a principal may call on the stage, and denies all otherwise."""

import pytest

from functions.authorizer.policy import ApiStage, response
from functions.authorizer.tokens import Principal

STAGE = "arn:aws:execute-api:ap-southeast-1:123456789012:a1b2c3/local"


def statement(*scopes: str) -> dict[str, object]:
    answer = response(Principal("merchant-7", frozenset(scopes)), ApiStage(STAGE))
    statements = answer["policyDocument"]["Statement"]
    assert len(statements) == 1
    found: dict[str, object] = statements[0]
    return found


@pytest.mark.parametrize(
    "method_arn",
    [f"{STAGE}/GET/payments/7", f"{STAGE}/POST/payments", f"{STAGE}/GET/", f"{STAGE}/GET/a:b/c"],
)
def test_the_stage_is_found_whatever_the_call(method_arn: str) -> None:
    assert ApiStage.of_method(method_arn).arn == STAGE


@pytest.mark.parametrize("method_arn", ["", "arn:aws:s3:::bucket/a/b", STAGE, "a:b:c:d:e:f/g/h"])
def test_what_is_no_method_arn_is_refused(method_arn: str) -> None:
    with pytest.raises(ValueError, match="method"):
        ApiStage.of_method(method_arn)


def test_the_partition_is_kept() -> None:
    arn = "arn:aws-cn:execute-api:cn-north-1:123456789012:a1/prod/GET/payments/7"
    assert ApiStage.of_method(arn).resource("X") == (
        "arn:aws-cn:execute-api:cn-north-1:123456789012:a1/prod/X"
    )


def test_each_scope_allows_its_call_and_no_other() -> None:
    assert statement("payments:write")["Resource"] == [f"{STAGE}/POST/payments"]
    assert statement("payments:read")["Resource"] == [f"{STAGE}/GET/payments/*"]
    assert statement("payments:read")["Effect"] == "Allow"


def test_the_full_set_is_listed_whatever_is_being_called() -> None:
    assert statement("payments:read", "payments:write", "other")["Resource"] == [
        f"{STAGE}/POST/payments",
        f"{STAGE}/GET/payments/*",
    ]


@pytest.mark.parametrize("scopes", [(), ("other",), ("payments",), ("payments:write2",)])
def test_without_a_known_scope_everything_is_denied(scopes: tuple[str, ...]) -> None:
    assert statement(*scopes) == {
        "Action": "execute-api:Invoke",
        "Effect": "Deny",
        "Resource": [f"{STAGE}/*"],
    }


def test_the_integration_learns_who_calls_and_with_which_scope() -> None:
    answer = response(Principal("m-7", frozenset({"b", "a"})), ApiStage(STAGE))
    assert answer["principalId"] == "m-7"
    assert answer["context"] == {"scope": "a b", "subject": "m-7"}
