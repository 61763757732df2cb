"""Lambda proxy integration: the event that a function gets, the answer that it gives.

Forms: "Set up Lambda proxy integrations in API Gateway" (input and output format, version 1.0).
"""

import base64
import binascii
import json
from typing import Any
from urllib.parse import unquote

from localcloud.cloud.api_gateway.model import DeployedApi, Request, Response
from localcloud.cloud.api_gateway.routing import Match


class MalformedResponseError(ValueError):
    """The function's answer does not have the form of a proxy response."""


def event(
    api: DeployedApi,
    request: Request,
    match: Match,
    stage_variables: dict[str, str],
    request_context: dict[str, Any],
) -> dict[str, Any]:
    """Return the event of a proxy integration or of a REQUEST authorizer (without its type)."""
    body, encoded = _request_body(api, request)
    names = [name for name, _ in request.headers]
    multiple = {n: [v for k, v in request.headers if k.lower() == n.lower()] for n in names}
    query = {key: [v for k, v in request.query if k == key] for key, _ in request.query}
    return {
        "resource": match.route.path,
        "path": unquote(request.path),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in multiple.items()} or None,
        "multiValueHeaders": multiple or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.path_parameters or None,
        "stageVariables": stage_variables or None,
        "requestContext": request_context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def response(api: DeployedApi, request: Request, payload: str, request_id: str) -> Response:
    """Return the HTTP answer for a function's result.

    Raises MalformedResponseError when API Gateway would answer "Internal server error".
    """
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise MalformedResponseError("the result is not JSON") from error
    if not isinstance(answer, dict):
        raise MalformedResponseError("the result is not an object")
    headers = _response_headers(answer)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    headers.append(("x-amzn-RequestId", request_id))
    return Response(_status(answer), tuple(headers), _response_body(api, request, answer))


def _request_body(api: DeployedApi, request: Request) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    content_type = request.header("Content-Type") or "application/json"
    if _is_binary(api, content_type):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def _is_binary(api: DeployedApi, media_types: str) -> bool:
    """Whether one of the named media types is among the API's binary ones."""
    named = {part.split(";")[0].strip().lower() for part in media_types.split(",")}
    binary = {media_type.lower() for media_type in api.binary_media_types}
    return "*/*" in binary or bool(named & binary)


def _status(answer: dict[str, Any]) -> int:
    status = answer.get("statusCode")
    if isinstance(status, bool) or not isinstance(status, int | str):
        raise MalformedResponseError("statusCode is missing or not a number")
    if not str(status).isdigit() or not 100 <= int(status) <= 599:
        raise MalformedResponseError(f"statusCode {status!r} is not an HTTP status")
    return int(status)


def _response_headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    single = answer.get("headers") or {}
    multiple = answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedResponseError("headers or multiValueHeaders is not an object")
    headers: list[tuple[str, str]] = []
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedResponseError(f"multiValueHeaders of {name} is not a list")
        headers.extend((name, _header_value(name, value)) for value in values)
    named = {name.lower() for name in multiple}
    headers.extend(
        (name, _header_value(name, value))
        for name, value in single.items()
        if name.lower() not in named
    )
    return headers


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise MalformedResponseError(f"header {name} is not a string")
    text = str(value)
    if "\r" in text or "\n" in text:
        raise MalformedResponseError(f"header {name} has a line break")
    return text


def _response_body(api: DeployedApi, request: Request, answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResponseError("body is not a string")
    if answer.get("isBase64Encoded") and _is_binary(api, request.header("Accept") or ""):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise MalformedResponseError("body is not Base64") from error
    return body.encode()
