"""MOCK integrations: an answer from the API's own configuration ("Set up mock integrations").

The request template says the status code, whose integration response says headers and body.
Templates are taken as they are: mapping expressions (Velocity) are refused by name.
"""

import json

from localcloud.cloud.api_gateway.gateway_responses import (
    INTERNAL_ERROR,
    GatewayError,
    not_implemented,
)
from localcloud.cloud.api_gateway.model import Integration, Response

_JSON = "application/json"


def respond(integration: Integration, request_id: str) -> Response:
    """Return the answer of a MOCK integration. Raises GatewayError when none is configured."""
    status = _status(integration)
    chosen = integration.responses.get(status) or next(
        (r for r in integration.responses.values() if not r.selection_pattern), None
    )
    if chosen is None:
        raise GatewayError(INTERNAL_ERROR, f"no integration response for status {status}")
    headers = [
        (name.removeprefix("method.response.header."), value[1:-1])
        for name, value in chosen.parameters.items()
        if name.startswith("method.response.header.") and value[:1] == value[-1:] == "'"
    ]
    body = chosen.templates.get(_JSON) or ""
    _refuse_velocity(body)
    headers += [("Content-Type", _JSON), ("x-amzn-RequestId", request_id)]
    return Response(int(status), tuple(headers), body.encode())


def _status(integration: Integration) -> str:
    template = integration.request_templates.get(_JSON, "")
    _refuse_velocity(template)
    try:
        return str(json.loads(template)["statusCode"])
    except (ValueError, KeyError, TypeError) as error:
        raise GatewayError(INTERNAL_ERROR, "the MOCK request template has no statusCode") from error


def _refuse_velocity(template: str) -> None:
    if any(mark in template for mark in ("$input", "$context", "$util", "$stageVariables", "#set")):
        raise GatewayError(not_implemented("mapping templates with expressions"))
