"""Calls of deployed APIs over HTTP, as a client makes them."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from localcloud.control import CloudInfo
from tests.localcloud.conftest import eventually, make_client, zip_of

Clients = Callable[[str], Any]

CODE = """
import json, time

def handler(event, context):
    wanted = (event.get("queryStringParameters") or {}).get("answer", "echo")
    if wanted == "raise":
        raise ValueError("broken")
    if wanted == "slow":
        time.sleep(2)
    if wanted == "malformed":
        return {"body": {"not": "a string"}}
    if wanted == "headers":
        return {"statusCode": 201, "headers": {"X-One": "1"},
                "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": "made"}
    return {"statusCode": 200, "body": json.dumps(event)}

calls = 0

def authorize(event, context):
    global calls
    calls += 1
    token = event["authorizationToken"]
    if token == "Bearer unknown":
        raise Exception("Unauthorized")
    if token == "Bearer broken":
        raise RuntimeError("database down")
    effect = {"Bearer good": "Allow", "Bearer bad": "Deny"}.get(token, "Allow")
    resource = event["methodArn"] if token != "Bearer elsewhere" else event["methodArn"] + "/other"
    return {"principalId": "user-1", "context": {"calls": calls, "admin": True},
            "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]}}
"""

PROBLEM = '{"message": $context.error.messageString, "request_id": "$context.requestId"}'


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass
class Api:
    """A deployed API: /payments/{id} is open, /private has an authorizer, /health is a MOCK."""

    id: str
    url: str
    apigateway: Any
    log_group: str

    def call(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return Answer(response.status, response.headers, _parsed(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, _parsed(error.read()))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


@pytest.fixture(scope="module")
def api(cloud: CloudInfo) -> Api:
    """The API that tests share which only call it."""
    return deploy(cloud)


@pytest.fixture
def own_api(cloud: CloudInfo) -> Api:
    """An API for one test, which changes it or counts its functions' calls."""
    return deploy(cloud)


def deploy(cloud: CloudInfo) -> Api:
    def client(service: str) -> Any:
        return make_client(cloud, service)

    role = f"arn:aws:iam::{cloud.account_id}:role/role-api"
    with contextlib.suppress(client("iam").exceptions.EntityAlreadyExistsException):
        client("iam").create_role(RoleName="role-api", AssumeRolePolicyDocument="{}")
    apigateway, functions = client("apigateway"), client("lambda")
    suffix = uuid4().hex[:8]
    arns = [
        functions.create_function(
            FunctionName=f"lambda-{name}-{suffix}",
            Runtime="python3.11",
            Role=role,
            Handler=f"app.{name}",
            Code={"ZipFile": zip_of({"app.py": CODE})},
            Timeout=10,
        )["FunctionArn"]
        for name in ("handler", "authorize")
    ]
    handler, authorize = (
        f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        for arn in arns
    )
    made = Api("", "", apigateway, f"/aws/apigateway/{suffix}")
    made.id = apigateway.create_rest_api(name=f"api-{suffix}")["id"]
    root = apigateway.get_resources(restApiId=made.id)["items"][0]["id"]
    authorizer = apigateway.create_authorizer(
        restApiId=made.id,
        name="tokens",
        type="TOKEN",
        authorizerUri=authorize,
        identitySource="method.request.header.Authorization",
        identityValidationExpression="Bearer .+",
        authorizerResultTtlInSeconds=300,
    )["id"]
    payments = _resource(made, root, "payments")
    payment = _resource(made, payments, "{id}")
    for method in ("GET", "POST"):
        _method(made, payment, method, handler, timeoutInMillis=1000)
    private = _resource(made, root, "private")
    authorization = {"authorizationType": "CUSTOM", "authorizerId": authorizer}
    apigateway.put_method(restApiId=made.id, resourceId=private, httpMethod="GET", **authorization)
    _integrate(made, private, "GET", handler)
    _mock(made, _resource(made, root, "health"))
    deployment = apigateway.create_deployment(restApiId=made.id)["id"]
    apigateway.create_stage(
        restApiId=made.id, stageName="live", deploymentId=deployment, variables={"colour": "blue"}
    )
    client("logs").create_log_group(logGroupName=made.log_group)
    made.url = f"{cloud.endpoint_url}/restapis/{made.id}/live/_user_request_"
    return made


def _resource(api: Api, parent: str, part: str) -> str:
    made = api.apigateway.create_resource(restApiId=api.id, parentId=parent, pathPart=part)
    return str(made["id"])


def _method(api: Api, resource: str, method: str, uri: str, **integration: Any) -> None:
    api.apigateway.put_method(
        restApiId=api.id, resourceId=resource, httpMethod=method, authorizationType="NONE"
    )
    _integrate(api, resource, method, uri, **integration)


def _integrate(api: Api, resource: str, method: str, uri: str, **integration: Any) -> None:
    api.apigateway.put_integration(
        restApiId=api.id,
        resourceId=resource,
        httpMethod=method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=uri,
        **integration,
    )


def _mock(api: Api, resource: str) -> None:
    named = {"restApiId": api.id, "resourceId": resource, "httpMethod": "GET"}
    api.apigateway.put_method(**named, authorizationType="NONE")
    api.apigateway.put_integration(
        **named, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    api.apigateway.put_method_response(**named, statusCode="200")
    api.apigateway.put_integration_response(
        **named,
        statusCode="200",
        responseTemplates={"application/json": '{"status": "up"}'},
        responseParameters={"method.response.header.X-Health": "'good'"},
    )


def _patch_stage(api: Api, **operations: str) -> None:
    api.apigateway.update_stage(
        restApiId=api.id,
        stageName="live",
        patchOperations=[
            {"op": "replace", "path": path, "value": value} for path, value in operations.items()
        ],
    )


def test_a_proxy_function_gets_the_whole_request(api: Api) -> None:
    answer = api.call(
        "/payments/a%20b?q=1&q=2&empty=",
        "POST",
        b'{"amount": 1}',
        {"Content-Type": "application/json"},
    )
    event = answer.body
    assert answer.status == 200
    assert event["resource"] == "/payments/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"q": "2", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"], "empty": [""]}
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert event["body"] == '{"amount": 1}'
    assert event["isBase64Encoded"] is False
    assert event["stageVariables"] == {"colour": "blue"}
    context = event["requestContext"]
    assert context["stage"] == "live"
    assert context["httpMethod"] == "POST"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["requestId"] == answer.headers["x-amzn-RequestId"]


def test_headers_and_status_of_the_function_reach_the_client(api: Api) -> None:
    answer = api.call("/payments/1?answer=headers")
    assert (answer.status, answer.body) == (201, "made")
    assert answer.headers["X-One"] == "1"
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("wanted", ["raise", "malformed"])
def test_a_function_that_fails_gives_502(api: Api, wanted: str) -> None:
    answer = api.call(f"/payments/1?answer={wanted}")
    assert (answer.status, answer.body) == (502, {"message": "Internal server error"})
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_a_function_slower_than_the_integration_gives_504(api: Api) -> None:
    answer = api.call("/payments/1?answer=slow")
    assert (answer.status, answer.body) == (504, {"message": "Endpoint request timed out"})


def test_an_unknown_resource_or_method_gives_403(api: Api) -> None:
    for answer in (api.call("/nothing"), api.call("/payments/1", "DELETE")):
        assert (answer.status, answer.body) == (403, {"message": "Missing Authentication Token"})
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_the_host_name_form_reaches_the_same_stage(api: Api, cloud: CloudInfo) -> None:
    host = f"{api.id}.execute-api.{cloud.region}.amazonaws.com"
    other = Api(api.id, f"{cloud.endpoint_url}/live", api.apigateway, "")
    assert other.call("/health", headers={"Host": host}).body == {"status": "up"}


def test_a_mock_answers_from_its_configuration(api: Api) -> None:
    answer = api.call("/health")
    assert (answer.status, answer.body) == (200, {"status": "up"})
    assert answer.headers["X-Health"] == "good"


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        (None, 401, {"message": "Unauthorized"}),
        ("Basic abc", 401, {"message": "Unauthorized"}),
        ("Bearer unknown", 401, {"message": "Unauthorized"}),
        (
            "Bearer bad",
            403,
            {"Message": "User is not authorized to access this resource with an explicit deny"},
        ),
        ("Bearer elsewhere", 403, {"Message": "User is not authorized to access this resource"}),
        ("Bearer broken", 500, {"message": None}),
    ],
)
def test_an_authorizer_refuses(api: Api, token: str | None, status: int, body: Any) -> None:
    answer = api.call("/private", headers={"Authorization": token} if token else {})
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["x-amzn-ErrorType"]


def test_a_deployed_gateway_response_gives_errors_their_form(own_api: Api) -> None:
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        own_api.apigateway.put_gateway_response(
            restApiId=own_api.id,
            responseType=kind,
            responseTemplates={"application/json": PROBLEM},
        )
    assert own_api.call("/private").body == {"message": "Unauthorized"}
    _deploy(own_api)
    for path, status, message in (
        ("/private", 401, "Unauthorized"),
        ("/nothing", 403, "Missing Authentication Token"),
        ("/payments/1?answer=raise", 502, "Internal server error"),
    ):
        answer = own_api.call(path)
        assert answer.status == status
        assert answer.body == {
            "message": message,
            "request_id": answer.headers["x-amzn-RequestId"],
        }
        assert answer.headers["x-amzn-ErrorType"]
    denied = own_api.call("/private", headers={"Authorization": "Bearer elsewhere"})
    assert denied.body["message"] == "User is not authorized to access this resource"
    failed = own_api.call("/private", headers={"Authorization": "Bearer broken"})
    assert (failed.status, failed.body["message"]) == (500, None)


def test_a_specific_gateway_response_wins_and_sets_status_and_headers(own_api: Api) -> None:
    own_api.apigateway.put_gateway_response(
        restApiId=own_api.id,
        responseType="DEFAULT_4XX",
        responseTemplates={"application/json": PROBLEM},
    )
    own_api.apigateway.put_gateway_response(
        restApiId=own_api.id,
        responseType="UNAUTHORIZED",
        statusCode="418",
        responseParameters={
            "gatewayresponse.header.WWW-Authenticate": "'Bearer realm=\"payments\"'",
            "gatewayresponse.header.X-Origin": "method.request.header.Origin",
            "gatewayresponse.header.X-Colour": "stageVariables.colour",
        },
        responseTemplates={"text/plain": "$context.error.message at ${stageVariables.colour}: "},
    )
    _deploy(own_api)
    answer = own_api.call("/private", headers={"Origin": "https://shop.example"})
    assert (answer.status, answer.body) == (418, "Unauthorized at blue: ")
    assert answer.headers.get_all("Content-Type") == ["text/plain"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="payments"'
    assert answer.headers["X-Origin"] == "https://shop.example"
    assert answer.headers["X-Colour"] == "blue"
    assert set(own_api.call("/nothing").body) == {"message", "request_id"}


def _deploy(api: Api) -> None:
    deployment = api.apigateway.create_deployment(restApiId=api.id)["id"]
    _patch_stage(api, **{"/deploymentId": deployment})


def test_an_authorizers_result_is_passed_on_and_cached(own_api: Api) -> None:
    first = own_api.call("/private", headers={"Authorization": "Bearer good"}).body[
        "requestContext"
    ]["authorizer"]
    again = own_api.call("/private", headers={"Authorization": "Bearer good"}).body[
        "requestContext"
    ]["authorizer"]
    other = own_api.call("/private", headers={"Authorization": "Bearer new"}).body[
        "requestContext"
    ]["authorizer"]
    assert first["principalId"] == "user-1"
    assert (first["calls"], first["admin"]) == ("1", "true")
    assert again["calls"] == "1"
    assert other["calls"] == "2"


def test_a_stage_throttles_its_methods(own_api: Api) -> None:
    _patch_stage(
        own_api, **{"/*/*/throttling/rateLimit": "0.001", "/*/*/throttling/burstLimit": "2"}
    )
    answers = [own_api.call("/health") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body == {"message": "Too Many Requests"}
    assert own_api.call("/payments/1").status == 200


def test_changes_show_after_the_next_deployment(own_api: Api) -> None:
    root = next(
        item["id"]
        for item in own_api.apigateway.get_resources(restApiId=own_api.id)["items"]
        if item["path"] == "/"
    )
    _mock(own_api, _resource(own_api, root, "ready"))
    assert own_api.call("/ready").status == 403
    _deploy(own_api)
    assert own_api.call("/ready").status == 200


def test_a_stage_logs_its_requests(own_api: Api, cloud: CloudInfo, client: Clients) -> None:
    group = f"arn:aws:logs:{cloud.region}:{cloud.account_id}:log-group:{own_api.log_group}"
    fields = {
        "ip": "$context.identity.sourceIp",
        "status": "$context.status",
        "path": "$context.resourcePath",
        "principal": "$context.authorizer.principalId",
        "error": "$context.error.message",
        "type": "$context.error.responseType",
        "reason": "$context.authorizer.error",
    }
    _patch_stage(
        own_api,
        **{
            "/accessLogSettings/destinationArn": group,
            "/accessLogSettings/format": json.dumps(fields),
        },
    )
    assert own_api.call("/private").status == 401
    assert own_api.call("/private", headers={"Authorization": "Bearer good"}).status == 200

    def lines() -> list[Any]:
        events = client("logs").filter_log_events(logGroupName=own_api.log_group)["events"]
        return events if len(events) == 2 else []

    refused, allowed = (json.loads(event["message"]) for event in eventually(lines))
    assert refused == {
        "ip": "127.0.0.1",
        "status": "401",
        "path": "/private",
        "principal": "-",
        "error": "Unauthorized",
        "type": "UNAUTHORIZED",
        "reason": "an identity source is missing",
    }
    assert (allowed["status"], allowed["principal"]) == ("200", "user-1")


def test_slow_functions_hold_up_neither_other_calls_nor_the_control_plane(
    api: Api, client: Clients
) -> None:
    began = threading.Event()

    def slow() -> int:
        began.set()
        return api.call("/payments/1?answer=slow").status

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(slow) for _ in range(3)]
        assert began.wait(5)
        started = time.monotonic()
        client("sts").get_caller_identity()
        assert api.call("/health").status == 200
        assert time.monotonic() - started < 1.0
        assert [future.result() for future in running] == [504, 504, 504]
