"""Joins the data plane to moto: its APIs, its functions, its log groups."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from localcloud.cloud.api_gateway.endpoint import ApiEndpoint
from localcloud.cloud.api_gateway.gateway import Gateway
from localcloud.cloud.api_gateway.gateway_responses import INTERNAL_ERROR, GatewayError
from localcloud.cloud.api_gateway.model import DeployedApi, StageSettings
from localcloud.cloud.lambda_functions.executor import FunctionExecutor, ThrottledError
from localcloud.cloud.log_delivery import LogDelivery

log = logging.getLogger(__name__)

_FUNCTION_ARN = re.compile(r"functions/(arn:[^/]+)/invocations")


def endpoint(executor: FunctionExecutor, logs: LogDelivery) -> ApiEndpoint:
    """Return the WSGI application that answers calls of deployed APIs."""

    def invoke(uri: str, event: Any) -> tuple[str, bool]:
        return _invoke(executor, uri, event)

    def find_stage(api_id: str, stage: str) -> tuple[DeployedApi, StageSettings] | None:
        from localcloud.cloud.api_gateway import snapshot  # moto's module is slow to load

        return snapshot.find(api_id, stage)

    def write_access_log(api: DeployedApi, stage: StageSettings, line: str) -> None:
        group = stage.access_log_group_arn.split(":log-group:")[-1].removesuffix(":*")
        stream = f"{api.id}_{stage.name}_{datetime.now(UTC):%Y%m%d}"
        logs.put(api.account_id, api.region, group, stream, [line], create_group=False)

    return ApiEndpoint(Gateway(find_stage, invoke, write_access_log))


def _invoke(executor: FunctionExecutor, uri: str, event: Any) -> tuple[str, bool]:
    """Run the function of an integration or authorizer URI.

    Raises GatewayError when there is no such function, or no capacity for it.
    """
    from moto.awslambda.models import lambda_backends

    from localcloud.cloud.lambda_functions import extension

    named = _FUNCTION_ARN.search(uri)
    if named is None:
        raise GatewayError(INTERNAL_ERROR, f"{uri!r} names no function")
    arn = named.group(1)
    region, account = arn.split(":")[3:5]
    try:
        function = lambda_backends[account][region].get_function(arn)
    except Exception as error:
        raise GatewayError(INTERNAL_ERROR, f"function {arn} does not exist") from error
    try:
        result = extension.run(executor, function, event)
    except ThrottledError as error:
        raise GatewayError(INTERNAL_ERROR, f"function {arn} is throttled") from error
    return result.payload, result.failed
