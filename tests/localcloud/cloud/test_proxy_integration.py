"""Bodies of proxy integrations, and answers that API Gateway does not accept."""

import base64
import json
from typing import Any

import pytest

from localcloud.cloud.api_gateway import proxy
from localcloud.cloud.api_gateway.model import DeployedApi, Method, Request, Route
from localcloud.cloud.api_gateway.proxy import MalformedResponseError
from localcloud.cloud.api_gateway.routing import Match

BYTES = b"\x00\xffpicture"


def api(*binary_media_types: str) -> DeployedApi:
    return DeployedApi("api", "123456789012", "r", "d", (), {}, binary_media_types)


def request(body: bytes = b"", **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("POST", "/", named, (), body, "127.0.0.1")


def event(deployed: DeployedApi, sent: Request) -> dict[str, Any]:
    match = Match(Route("r", "/", {}), Method("POST", "NONE", None, False, None), {})
    return proxy.event(deployed, sent, match, {}, {})


def test_a_body_of_a_binary_media_type_is_encoded() -> None:
    sent = request(BYTES, Content_Type="image/png; q=1")
    got = event(api("image/png"), sent)
    assert got["isBase64Encoded"] is True
    assert base64.b64decode(got["body"]) == BYTES


def test_a_body_of_another_type_is_text() -> None:
    got = event(api("image/png"), request("é".encode(), Content_Type="text/plain"))
    assert (got["body"], got["isBase64Encoded"]) == ("é", False)
    assert event(api(), request())["body"] is None


@pytest.mark.parametrize(("accepted", "decoded"), [("image/png", True), ("text/html", False)])
def test_an_encoded_answer_is_decoded_for_those_who_accept_it(accepted: str, decoded: bool) -> None:
    text = base64.b64encode(BYTES).decode()
    payload = json.dumps({"statusCode": 200, "body": text, "isBase64Encoded": True})
    answer = proxy.response(api("image/png"), request(Accept=accepted), payload, "id")
    assert answer.body == (BYTES if decoded else text.encode())


@pytest.mark.parametrize(
    "result",
    [
        None,
        "text",
        {},
        {"statusCode": "abc"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": 5},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": {"b": 1}}},
        {"statusCode": 200, "headers": {"a": "x\r\nSet-Cookie: y"}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
    ],
)
def test_an_answer_of_another_form_is_refused(result: Any) -> None:
    with pytest.raises(MalformedResponseError):
        proxy.response(api(), request(), json.dumps(result), "id")


def test_headers_of_both_kinds_are_sent_once() -> None:
    payload = json.dumps(
        {
            "statusCode": "201",
            "headers": {"A": 1, "B": True, "content-type": "text/plain"},
            "multiValueHeaders": {"a": ["x", "y"]},
        }
    )
    answer = proxy.response(api(), request(), payload, "id")
    assert answer.status == 201
    assert answer.headers == (
        ("a", "x"),
        ("a", "y"),
        ("B", "true"),
        ("content-type", "text/plain"),
        ("x-amzn-RequestId", "id"),
    )
