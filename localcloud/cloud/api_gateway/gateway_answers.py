"""Writes API Gateway's own answers, with what an API has made of them.

"Gateway responses for REST APIs in API Gateway" and "Set up a gateway response": the customisation
of the response type applies, else that of DEFAULT_4XX or DEFAULT_5XX, else the defaults. Templates
and parameters know simple variables only, no Velocity. A variable without a value is empty.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.cloud.api_gateway.gateway_responses import GatewayError, GatewayResponse
from localcloud.cloud.api_gateway.model import CustomResponse, Request, Response

JSON = "application/json"

_HEADER = "gatewayresponse.header."
_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[^}]+)\}|"
    r"(?P<plain>(?:context|stageVariables|method\.request)(?:\.[A-Za-z0-9_-]*[A-Za-z0-9_])+))"
)


def default_answer(kind: GatewayResponse, request_id: str) -> Response:
    """Return the answer as it is where no API has customised it."""
    body = json.dumps({kind.key: kind.message}).encode()
    return Response(kind.status, _headers(kind, request_id, JSON), body)


def answer(
    error: GatewayError,
    responses: Mapping[str, CustomResponse],
    request: Request,
    variables: Mapping[str, Any],
) -> Response:
    """Return the answer to a request that an API's `responses`, by response type, may change.

    `variables` has ``context`` (as the access log knows it), ``stageVariables`` and ``path`` (the
    path parameters).
    """
    kind = error.kind
    request_id = str(variables["context"]["requestId"])
    custom = next((responses[name] for name in kind.response_types if name in responses), None)
    plain = default_answer(kind, request_id)
    if custom is None:
        return plain

    def value(name: str) -> str:
        return _value(name, request, variables)

    media_type, body = JSON, plain.body
    if custom.templates:
        media_type = _media_type(custom.templates, request)
        body = _rendered(custom.templates[media_type], value).encode()
    headers = dict(_headers(kind, request_id, media_type))
    for parameter, source in custom.parameters.items():
        if parameter.startswith(_HEADER):
            _put(headers, parameter.removeprefix(_HEADER), _parameter(source, value))
    return Response(custom.status or kind.status, tuple(headers.items()), body)


def error_context(error: GatewayError) -> dict[str, Any]:
    """Return ``$context.error``: ``messageString`` is the message as JSON has it."""
    message = error.kind.message
    return {
        "message": message,
        "messageString": json.dumps(message),
        "responseType": error.kind.response_type or None,
    }


def _headers(
    kind: GatewayResponse, request_id: str, media_type: str
) -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", media_type),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", kind.error_type),
    )


def _put(headers: dict[str, str], name: str, text: str) -> None:
    """Set a header, in place of one whose name differs in case only."""
    for present in [key for key in headers if key.lower() == name.lower()]:
        del headers[present]
    headers[name] = text


def _media_type(templates: Mapping[str, str], request: Request) -> str:
    """Return the template's media type: one that the client accepts, else JSON, else the first."""
    accepted = [part.split(";")[0].strip() for part in (request.header("Accept") or "").split(",")]
    wanted = [*accepted, JSON]
    return next((name for name in wanted if name in templates), next(iter(templates)))


def _rendered(template: str, value: Any) -> str:
    return _VARIABLE.sub(lambda found: value(found["braced"] or found["plain"]), template)


def _parameter(source: str, value: Any) -> str:
    """Return a header's value: quoted text as it is, else the variable of that name."""
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return source[1:-1]
    return str(value(source))


def _value(name: str, request: Request, variables: Mapping[str, Any]) -> str:
    root, _, rest = name.partition(".")
    if root == "method":
        return _request_value(rest, request, variables["path"])
    found: Any = variables.get(root, {})
    for part in rest.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None or isinstance(found, Mapping):
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def _request_value(name: str, request: Request, path_parameters: Mapping[str, str]) -> str:
    """Return ``request.header.X``, ``request.querystring.x`` or ``request.path.x``."""
    kind, _, wanted = name.removeprefix("request.").partition(".")
    if kind == "header":
        return request.header(wanted) or ""
    if kind == "querystring":
        return next((value for key, value in reversed(request.query) if key == wanted), "")
    return path_parameters.get(wanted, "") if kind == "path" else ""
