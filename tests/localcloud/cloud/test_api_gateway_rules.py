"""The rules of the API data plane that need no server: routing, policies, throttling, log lines."""

from typing import Any

import pytest

from localcloud.cloud.api_gateway import access_log, policy, routing
from localcloud.cloud.api_gateway.model import Method, Route
from localcloud.cloud.api_gateway.policy import Decision, PolicyError
from localcloud.cloud.api_gateway.throttling import Throttle, limits_of

ARN = "arn:aws:execute-api:ap-southeast-1:123456789012:api/live/GET/payments/7"


def route(path: str, *methods: str) -> Route:
    return Route(path, path, {name: Method(name, "NONE", None, False, None) for name in methods})


ROUTES = (
    route("/", "GET"),
    route("/payments", "GET", "POST"),
    route("/payments/{id}", "GET"),
    route("/payments/latest", "GET"),
    route("/payments/{id}/refunds", "ANY"),
    route("/{proxy+}", "GET"),
)


@pytest.mark.parametrize(
    ("method", "path", "expected", "parameters"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/payments/", "/payments", {}),
        ("GET", "/payments/7", "/payments/{id}", {"id": "7"}),
        ("GET", "/payments/a%2Fb", "/payments/{id}", {"id": "a/b"}),
        ("GET", "/payments/latest", "/payments/latest", {}),
        ("DELETE", "/payments/7/refunds", "/payments/{id}/refunds", {"id": "7"}),
        ("GET", "/a/b/c", "/{proxy+}", {"proxy": "a/b/c"}),
    ],
)
def test_the_most_specific_resource_is_found(
    method: str, path: str, expected: str, parameters: dict[str, str]
) -> None:
    match = routing.find(ROUTES, method, path)
    assert match is not None
    assert (match.route.path, match.path_parameters) == (expected, parameters)


def test_no_resource_or_method_is_no_match() -> None:
    assert routing.find(ROUTES, "POST", "/elsewhere") is None
    assert routing.find(ROUTES[:2], "GET", "/payments/7") is None


def statement(effect: str, resource: Any, action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([], Decision.DENIED),
        ([statement("Allow", ARN)], Decision.ALLOWED),
        ([statement("Allow", "*/GET/payments/*")], Decision.ALLOWED),
        ([statement("Allow", ["*/POST/*", "*/GET/payments/?"])], Decision.ALLOWED),
        ([statement("Allow", "*/GET/payments/[7]")], Decision.DENIED),
        ([statement("Allow", ARN, "execute-api:*")], Decision.ALLOWED),
        ([statement("Allow", ARN, "s3:GetObject")], Decision.DENIED),
        ([statement("Allow", "*"), statement("Deny", ARN)], Decision.EXPLICITLY_DENIED),
        ([statement("Deny", "*/POST/*"), statement("Allow", "*")], Decision.ALLOWED),
        (
            [{"Effect": "Allow", "Action": "*", "NotResource": "*/refunds"}],
            Decision.ALLOWED,
        ),
    ],
)
def test_a_policy_is_evaluated_as_iam_does(
    statements: list[dict[str, Any]], decision: Decision
) -> None:
    assert policy.evaluate({"Statement": statements}, ARN) is decision


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"Statement": [{"Action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{**statement("Allow", "*"), "Condition": {"Bool": {}}}]},
    ],
)
def test_a_policy_that_cannot_be_evaluated_is_an_error(document: Any) -> None:
    with pytest.raises(PolicyError):
        policy.evaluate(document, ARN)


def test_a_bucket_refills_at_its_rate() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    settings = {"*/*": {"throttlingRateLimit": 2.0, "throttlingBurstLimit": 2}}

    def admits() -> bool:
        return throttle.admits("api", "live", "GET", "/payments", settings)

    assert [admits() for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [admits(), admits()] == [True, False]
    now[0] = 100.0
    assert [admits() for _ in range(3)] == [True, True, False]


def test_a_methods_own_limits_win_over_those_of_all_methods() -> None:
    settings = {
        "*/*": {"throttlingRateLimit": 10, "throttlingBurstLimit": 5},
        "payments~1{id}/GET": {"throttlingRateLimit": 1, "throttlingBurstLimit": 1},
        "~1open/GET": {"throttlingRateLimit": -1, "throttlingBurstLimit": -1},
    }
    assert limits_of(settings, "GET", "/payments/{id}") == (1, 1)
    assert limits_of(settings, "POST", "/payments/{id}") == (10, 5)
    assert limits_of(settings, "GET", "/open") is None
    assert limits_of({}, "GET", "/open") is None


def test_a_log_line_has_a_hyphen_for_what_is_not_known() -> None:
    context = {"status": 200, "identity": {"sourceIp": "10.0.0.1"}, "authorizer": {"admin": True}}
    line = access_log.line(
        '{"ip":"$context.identity.sourceIp","status":$context.status,'
        '"admin":"$context.authorizer.admin","no":"$context.error.message"}.$context.status.',
        context,
    )
    assert line == '{"ip":"10.0.0.1","status":200,"admin":"true","no":"-"}.200.'
