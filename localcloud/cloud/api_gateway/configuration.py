"""What moto's API Gateway gets wrong in configuration that the data plane depends on.

CreateAuthorizer loses the expression that validates tokens. UpdateStage has other defaults of
method settings than AWS, cannot remove them, and refuses ``add``.

"Patch operations" of UpdateStage and "MethodSetting" (API Gateway API Reference): a method
setting starts from the account's limits, ``remove`` of ``/{path}/{method}`` drops it, and
``add`` is accepted wherever ``replace`` is.
"""

import re
from collections.abc import Callable
from typing import Any

from moto.apigateway.models import APIGatewayBackend, Stage

from localcloud.cloud.patching import wrap

DEFAULT_METHOD_SETTINGS: dict[str, Any] = {
    "metricsEnabled": False,
    "loggingLevel": "OFF",
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}

_METHOD_SETTING = re.compile(r"/([^/]+/[^/]+)")
_OTHER_PATHS = ("/variables/", "/accessLogSettings", "/canarySettings")


def install() -> None:
    """Repair moto's authorizers and patch operations of stages."""
    wrap(APIGatewayBackend, "create_authorizer", _create_authorizer)
    wrap(Stage, "apply_operations", _apply_operations)
    wrap(Stage, "_get_default_method_settings", lambda _stock, _stage: {**DEFAULT_METHOD_SETTINGS})


def _create_authorizer(
    stock: Callable[..., Any], backend: APIGatewayBackend, *arguments: Any, **keywords: Any
) -> Any:
    expression = keywords.get("identiy_validation_expression")  # moto's own misspelling
    authorizer = stock(backend, *arguments, **keywords)
    authorizer.identity_validation_expression = expression
    return authorizer


def _apply_operations(
    stock: Callable[..., Any], stage: Stage, operations: list[dict[str, Any]]
) -> Any:
    remaining = []
    for operation in operations:
        path = operation["path"]
        setting = _METHOD_SETTING.fullmatch(path)
        if operation["op"] == "remove" and setting and not path.startswith(_OTHER_PATHS):
            stage.method_settings.pop(setting.group(1), None)
        elif operation["op"] == "add":
            remaining.append({**operation, "op": "replace"})
        else:
            remaining.append(operation)
    return stock(stage, remaining)
