"""The data plane: takes one HTTP request through the steps of a REST API.

Find the stage, match the resource, throttle, authorize, call the integration, log. Any step can
end the request with one of API Gateway's own answers (`GatewayError`).
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from localcloud.cloud.api_gateway import (
    access_log,
    gateway_answers,
    gateway_responses,
    mock_integration,
    proxy,
    routing,
)
from localcloud.cloud.api_gateway.authorizers import Authorizers
from localcloud.cloud.api_gateway.deadline import DeadlineExceededError, call_within
from localcloud.cloud.api_gateway.gateway_responses import GatewayError
from localcloud.cloud.api_gateway.model import DeployedApi, Request, Response, StageSettings
from localcloud.cloud.api_gateway.throttling import Throttle

log = logging.getLogger(__name__)

FindStage = Callable[[str, str], tuple[DeployedApi, StageSettings] | None]
InvokeFunction = Callable[[str, Any], tuple[str, bool]]
WriteAccessLog = Callable[[DeployedApi, StageSettings, str], None]


@dataclass
class Exchange:
    """One request on its way: what is known of it so far, for the steps and the access log."""

    api: DeployedApi
    stage: StageSettings
    request: Request
    request_id: str
    context: dict[str, Any]
    path_parameters: Mapping[str, str] = field(default_factory=dict)


class Gateway:
    """Answers the requests to deployed stages."""

    def __init__(
        self, find_stage: FindStage, invoke: InvokeFunction, write_access_log: WriteAccessLog
    ) -> None:
        self._find_stage = find_stage
        self._invoke = invoke
        self._write_access_log = write_access_log
        self._authorizers = Authorizers(invoke)
        self._throttle = Throttle()

    def handle(self, api_id: str, stage_name: str, request: Request) -> Response:
        """Return the answer to one request."""
        request_id = str(uuid4())
        found = self._find_stage(api_id, stage_name)
        if found is None:
            return gateway_answers.default_answer(gateway_responses.UNKNOWN_API, request_id)
        started = time.monotonic()
        api, stage = found
        exchange = Exchange(api, stage, request, request_id, {})
        exchange.context = _initial_context(exchange)
        try:
            response = self._answer(exchange)
        except GatewayError as error:
            response = _error_answer(exchange, error)
        exchange.context["status"] = response.status
        exchange.context["responseLength"] = len(response.body)
        exchange.context["responseLatency"] = int((time.monotonic() - started) * 1000)
        if stage.access_log_format and stage.access_log_group_arn:
            line = access_log.line(stage.access_log_format, exchange.context)
            self._write_access_log(api, stage, line)
        return response

    def _answer(self, exchange: Exchange) -> Response:
        api, stage, request = exchange.api, exchange.stage, exchange.request
        match = routing.find(api.routes, request.method, request.path)
        if match is None:
            raise GatewayError(gateway_responses.UNKNOWN_ROUTE)
        exchange.context["resourcePath"] = match.route.path
        exchange.context["resourceId"] = match.route.resource_id
        exchange.path_parameters = match.path_parameters
        settings = stage.method_settings
        if not self._throttle.admits(
            api.id, stage.name, request.method, match.route.path, settings
        ):
            raise GatewayError(gateway_responses.THROTTLED)
        self._authorize(exchange, match)
        if match.method.api_key_required:
            raise GatewayError(gateway_responses.not_implemented("API keys of methods"))
        return self._integrate(exchange, match)

    def _authorize(self, exchange: Exchange, match: routing.Match) -> None:
        kind = match.method.authorization_type
        if kind == "NONE":
            return
        authorizer = exchange.api.authorizers.get(match.method.authorizer_id or "")
        if kind != "CUSTOM" or authorizer is None:
            raise GatewayError(gateway_responses.not_implemented(f"authorization by {kind}"))
        api, request = exchange.api, exchange.request
        arn = (
            f"arn:aws:execute-api:{api.region}:{api.account_id}:{api.id}/{exchange.stage.name}"
            f"/{request.method}{request.path}"
        )
        started = time.monotonic()
        scope = f"{api.id}/{exchange.stage.name}/{api.deployment_id}"
        event = _event(exchange, match)
        try:
            context = self._authorizers.authorize(scope, authorizer, request, arn, event)
        except GatewayError as error:
            exchange.context["authorizer"] = {"error": error.detail}
            raise
        latency = int((time.monotonic() - started) * 1000)
        exchange.context["authorizer"] = {**context, "integrationLatency": latency}

    def _integrate(self, exchange: Exchange, match: routing.Match) -> Response:
        integration = match.method.integration
        if integration is None:
            raise GatewayError(gateway_responses.INTERNAL_ERROR, "no integration defined")
        if integration.type == "MOCK":
            return mock_integration.respond(integration, exchange.request_id)
        if integration.type != "AWS_PROXY":
            what = f"integrations of type {integration.type}"
            raise GatewayError(gateway_responses.not_implemented(what))
        event = _event(exchange, match)
        started = time.monotonic()
        try:
            payload, failed = call_within(
                integration.timeout_seconds, lambda: self._invoke(integration.uri, event)
            )
        except DeadlineExceededError as error:
            raise GatewayError(gateway_responses.TIMED_OUT) from error
        finally:
            latency = int((time.monotonic() - started) * 1000)
            exchange.context["integrationLatency"] = latency
            exchange.context["integration"] = {"latency": latency}
        if failed:
            exchange.context["integrationErrorMessage"] = payload
            raise GatewayError(gateway_responses.BAD_INTEGRATION, "the function failed")
        try:
            response = proxy.response(exchange.api, exchange.request, payload, exchange.request_id)
        except proxy.MalformedResponseError as error:
            log.warning("%s: malformed proxy response: %s", exchange.api.id, error)
            message = f"Malformed Lambda proxy response: {error}"
            raise GatewayError(gateway_responses.BAD_INTEGRATION, message) from error
        exchange.context["integration"]["status"] = 200
        return response


def _error_answer(exchange: Exchange, error: GatewayError) -> Response:
    if error.detail != error.kind.message:
        log.info("%s %s: %s", exchange.api.id, exchange.context["path"], error.detail)
    exchange.context["error"] = gateway_answers.error_context(error)
    variables = {
        "context": exchange.context,
        "stageVariables": exchange.stage.variables,
        "path": exchange.path_parameters,
    }
    responses = exchange.api.gateway_responses
    return gateway_answers.answer(error, responses, exchange.request, variables)


def _event(exchange: Exchange, match: routing.Match) -> dict[str, Any]:
    hidden = ("error", "integration", "integrationLatency", "requestTimeEpochSeconds")
    context = {k: v for k, v in exchange.context.items() if k not in hidden}
    return proxy.event(
        exchange.api, exchange.request, match, dict(exchange.stage.variables), context
    )


def _initial_context(exchange: Exchange) -> dict[str, Any]:
    """Return what is known of a request as it arrives, by the names of ``$context``."""
    api, stage, request = exchange.api, exchange.stage, exchange.request
    now = datetime.now(UTC)
    return {
        "accountId": api.account_id,
        "apiId": api.id,
        "deploymentId": api.deployment_id,
        "domainName": request.header("Host") or "",
        "domainPrefix": api.id,
        "extendedRequestId": exchange.request_id,
        "httpMethod": request.method,
        "identity": {
            "accountId": None,
            "apiKey": None,
            "caller": None,
            "sourceIp": request.source_ip,
            "user": None,
            "userAgent": request.header("User-Agent"),
            "userArn": None,
        },
        "path": f"/{stage.name}{request.path}",
        "protocol": request.protocol,
        "requestId": exchange.request_id,
        "requestTime": access_log.request_time(now),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "stage": stage.name,
    }
