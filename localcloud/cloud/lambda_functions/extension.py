"""Makes moto's Lambda run code: every path to a function ends in `LambdaFunction.invoke`.

The API, rotation, event source mappings, log subscriptions and S3 notifications of moto all call
that method, so all of them run the function. Adds what moto's own lacks ("Invoke", AWS Lambda API
Reference): invocation types ``Event`` and ``DryRun``, function errors, the log tail, throttling,
and SNS events that carry the message.
"""

import base64
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction, lambda_backends

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.lambda_functions.executor import (
    FunctionExecutor,
    Invocation,
    ThrottledError,
)
from localcloud.cloud.lambda_functions.specification import Archive, FunctionSpecification
from localcloud.cloud.patching import wrap

log = logging.getLogger(__name__)

_LOG_TAIL_BYTES = 4096
_RETRY_DELAYS_SECONDS = (1.0, 2.0)
"""AWS waits one and two minutes before it repeats a failed asynchronous invocation."""


class ThrottlingError(LambdaClientError):
    """429 TooManyRequestsException, as Invoke answers it."""

    code = 429

    def __init__(self, error: ThrottledError) -> None:
        super().__init__("TooManyRequestsException", str(error))
        self.description = json.dumps(
            {"Type": "User", "Reason": error.reason, "message": str(error)}
        )


def specification_of(function: LambdaFunction) -> FunctionSpecification:
    """Return what a worker needs of one of moto's functions."""
    logging_config = getattr(function, "logging_config", None) or {}
    backend = lambda_backends[function.account_id][function.region]
    layers = [backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    return FunctionSpecification(
        name=function.function_name,
        version=str(function.version),
        arn=function.function_arn,
        region=function.region,
        runtime=function.run_time or "",
        handler=function.handler or "",
        memory_mb=int(function.memory_size),
        timeout_seconds=float(function.timeout),
        log_group=logging_config.get("LogGroup") or f"/aws/lambda/{function.function_name}",
        code=Archive(function.code_sha_256, function.code_bytes),
        layers=tuple(
            Archive(layer.code_sha_256, layer.code_bytes) for layer in layers if layer is not None
        ),
        environment={name: str(value) for name, value in function.environment_vars.items()},
    )


def run(executor: FunctionExecutor, function: LambdaFunction, event: Any) -> Invocation:
    """Run a function of moto's and wait for it, without the control plane's lock.

    Reads single attributes only, which needs no lock: an API call waits for no other request.

    Raises ThrottledError when its concurrency is used up.
    """
    specification = specification_of(function)
    reserved = _reserved_concurrency(function)
    with LOCK.released():
        return executor.invoke(specification, event, reserved_concurrency=reserved)


def run_later(executor: FunctionExecutor, function: LambdaFunction, event: Any) -> None:
    """Run a function asynchronously: queued, and repeated twice when it fails."""
    configured = [config.config for config in function.event_invoke_config]
    limits = [c["MaximumRetryAttempts"] for c in configured if "MaximumRetryAttempts" in c]
    retries = limits[0] if limits else len(_RETRY_DELAYS_SECONDS)

    def attempt() -> None:
        for delay in (*_RETRY_DELAYS_SECONDS[:retries], None):
            try:
                if not run(executor, function, event).failed:
                    return
            except ThrottledError as error:
                log.info("event for %s throttled: %s", function.function_name, error.reason)
            if delay is not None:
                time.sleep(delay)
        log.warning("event for %s dropped after its retries", function.function_name)

    run_in_background(f"event for {function.function_name}", attempt)


def install(executor: FunctionExecutor) -> None:
    """Replace moto's execution of functions by `executor`."""

    def invoke(
        _stock: Callable[..., Any],
        function: LambdaFunction,
        body: Any,
        request_headers: Any,
        response_headers: dict[str, str],
    ) -> bytes:
        return _invoke(executor, function, body, request_headers, response_headers)

    wrap(LambdaFunction, "invoke", invoke)


def _invoke(
    executor: FunctionExecutor,
    function: LambdaFunction,
    body: Any,
    request_headers: Any,
    response_headers: dict[str, str],
) -> bytes:
    headers = {name.lower(): value for name, value in dict(request_headers or {}).items()}
    kind = headers.get("x-amz-invocation-type", "RequestResponse")
    if kind == "DryRun":
        return b""
    event = _parse_event(body)
    if kind == "Event":
        run_later(executor, function, event)
        return b""
    try:
        result = run(executor, function, event)
    except ThrottledError as error:
        raise ThrottlingError(error) from error
    if result.failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    tail = result.log.encode()[-_LOG_TAIL_BYTES:]
    response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
    response_headers["x-amz-executed-version"] = str(function.version)
    return result.payload.encode()


def _parse_event(body: Any) -> Any:
    if not body:
        return {}
    try:
        return json.loads(body)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise LambdaClientError("InvalidRequestContentException", message) from error


def _reserved_concurrency(function: LambdaFunction) -> int | None:
    """Return the reserved concurrency, which belongs to the function and not to a version."""
    backend = lambda_backends[function.account_id][function.region]
    reserved = backend.get_function(function.function_name).reserved_concurrency
    return None if reserved is None else int(reserved)
