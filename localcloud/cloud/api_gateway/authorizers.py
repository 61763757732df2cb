"""Lambda authorizers of types TOKEN and REQUEST, with the cache of their results.

"Use API Gateway Lambda authorizers": a missing identity source answers 401 without calling the
function; an exception with the message ``Unauthorized`` answers 401, any other failure 500; a
policy is cached for its identity and is evaluated anew for each method.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.cloud.api_gateway import gateway_responses as answers
from localcloud.cloud.api_gateway import policy
from localcloud.cloud.api_gateway.gateway_responses import GatewayError
from localcloud.cloud.api_gateway.model import Authorizer, Request

InvokeFunction = Callable[[str, Any], tuple[str, bool]]
"""Runs the function of an integration URI; returns its payload, and whether it is an error."""


@dataclass(frozen=True)
class Authorization:
    """What an authorizer said: its policy and what it adds to the request's context."""

    policy_document: Any
    context: dict[str, str]


class Authorizers:
    """Runs authorizers and remembers what they said."""

    def __init__(self, invoke: InvokeFunction, clock: Callable[[], float] = time.monotonic) -> None:
        self._invoke = invoke
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, ...], tuple[float, Authorization]] = {}

    def authorize(
        self,
        scope: str,
        authorizer: Authorizer,
        request: Request,
        method_arn: str,
        request_event: dict[str, Any],
    ) -> dict[str, str]:
        """Return the authorizer's context for an allowed request.

        `scope` separates the caches of deployed stages. Raises GatewayError when the request is
        not allowed or the authorizer fails.
        """
        identity = identity_of(authorizer, request, request_event)
        key = (scope, authorizer.id, *identity)
        authorization = self._cached(authorizer, key)
        if authorization is None:
            authorization = self._ask(authorizer, identity, method_arn, request_event)
            if authorizer.result_ttl_seconds > 0 and identity:
                with self._lock:
                    until = self._clock() + authorizer.result_ttl_seconds
                    self._cache[key] = (until, authorization)
        try:
            decision = policy.evaluate(authorization.policy_document, method_arn)
        except policy.PolicyError as error:
            raise GatewayError(answers.AUTHORIZER_FAILED, str(error)) from error
        if decision is policy.Decision.EXPLICITLY_DENIED:
            raise GatewayError(answers.EXPLICITLY_DENIED)
        if decision is policy.Decision.DENIED:
            raise GatewayError(answers.ACCESS_DENIED)
        return authorization.context

    def _cached(self, authorizer: Authorizer, key: tuple[str, ...]) -> Authorization | None:
        with self._lock:
            now = self._clock()
            for stale in [k for k, (until, _) in self._cache.items() if until <= now]:
                del self._cache[stale]
            found = self._cache.get(key)
        return found[1] if found is not None and authorizer.result_ttl_seconds > 0 else None

    def _ask(
        self,
        authorizer: Authorizer,
        identity: tuple[str, ...],
        method_arn: str,
        request_event: dict[str, Any],
    ) -> Authorization:
        if authorizer.type == "TOKEN":
            event = {
                "type": "TOKEN",
                "methodArn": method_arn,
                "authorizationToken": identity[0],
            }
        else:
            event = {
                **{k: v for k, v in request_event.items() if k not in ("body", "isBase64Encoded")},
                "type": "REQUEST",
                "methodArn": method_arn,
            }
        payload, failed = self._invoke(authorizer.uri, event)
        result = json.loads(payload)
        if failed:
            if isinstance(result, dict) and result.get("errorMessage") == "Unauthorized":
                raise GatewayError(answers.UNAUTHORIZED)
            raise GatewayError(answers.AUTHORIZER_FAILED, f"the authorizer failed: {payload}")
        return _authorization(result)


def identity_of(
    authorizer: Authorizer, request: Request, request_event: dict[str, Any]
) -> tuple[str, ...]:
    """Return the values of the identity sources. Raises GatewayError (401) when one is missing."""
    sources = authorizer.identity_sources
    values = tuple(_source(source, request, request_event) for source in sources)
    if any(value is None or value == "" for value in values):
        raise GatewayError(answers.UNAUTHORIZED, "an identity source is missing")
    identity = tuple(str(value) for value in values)
    expression = authorizer.validation_expression
    if authorizer.type == "TOKEN" and expression and not re.fullmatch(expression, identity[0]):
        raise GatewayError(answers.UNAUTHORIZED, "the token does not have the expected form")
    return identity


def _source(source: str, request: Request, request_event: dict[str, Any]) -> Any:
    if source.startswith("method.request.header."):
        return request.header(source.removeprefix("method.request.header."))
    if source.startswith("method.request.querystring."):
        name = source.removeprefix("method.request.querystring.")
        return (request_event["queryStringParameters"] or {}).get(name)
    if source.startswith("stageVariables."):
        return (request_event["stageVariables"] or {}).get(source.removeprefix("stageVariables."))
    if source.startswith("context."):
        found: Any = request_event["requestContext"]
        for part in source.removeprefix("context.").split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found
    raise GatewayError(answers.AUTHORIZER_FAILED, f"identity source {source!r} is not known")


def _authorization(result: Any) -> Authorization:
    if not isinstance(result, dict) or not result.get("principalId"):
        raise GatewayError(answers.AUTHORIZER_FAILED, "the authorizer returned no principalId")
    context = {"principalId": str(result["principalId"])}
    for name, value in (result.get("context") or {}).items():
        if isinstance(value, dict | list):
            message = f"the authorizer's context {name!r} is not a string, number or boolean"
            raise GatewayError(answers.AUTHORIZER_FAILED, message)
        if value is not None:
            context[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return Authorization(result.get("policyDocument"), context)
