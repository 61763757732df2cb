"""Lambda: settings of a function that moto drops.

DeadLetterConfig and LoggingConfig are accepted and forgotten at creation; an update forgets also
TracingConfig, KMSKeyArn and EphemeralStorage (source: CreateFunction, UpdateFunctionConfiguration
and GetFunctionConfiguration, AWS Lambda API Reference).
"""

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import once


@once
def install() -> None:
    """Repair moto's functions."""
    wrap(LambdaFunction, "__init__", _initialise)
    wrap(LambdaFunction, "update_configuration", _update)
    wrap(LambdaFunction, "get_configuration", _describe)


def _initialise(
    stock: Callable[..., None],
    function: Any,
    account_id: str,
    spec: dict[str, Any],
    *arguments: Any,
    **keywords: Any,
) -> None:
    stock(function, account_id, spec, *arguments, **keywords)
    function.dead_letter_config = spec.get("DeadLetterConfig")
    function.logging_config = _completed(function, spec.get("LoggingConfig"))


def _update(
    stock: Callable[..., dict[str, Any]], function: Any, updates: dict[str, Any]
) -> dict[str, Any]:
    if "DeadLetterConfig" in updates:
        function.dead_letter_config = updates["DeadLetterConfig"]
    if "LoggingConfig" in updates:
        function.logging_config = _completed(function, updates["LoggingConfig"])
    if "TracingConfig" in updates:
        function.tracing_config = updates["TracingConfig"]
    if "KMSKeyArn" in updates:
        function.kms_key_arn = updates["KMSKeyArn"] or None
    if "EphemeralStorage" in updates:
        function.ephemeral_storage = updates["EphemeralStorage"]["Size"]
    return stock(function, updates)


def _describe(
    stock: Callable[..., dict[str, Any]],
    function: Any,
    *arguments: Any,
    **keywords: Any,
) -> dict[str, Any]:
    configuration = stock(function, *arguments, **keywords)
    configuration["LoggingConfig"] = function.logging_config
    if (function.dead_letter_config or {}).get("TargetArn"):
        configuration["DeadLetterConfig"] = function.dead_letter_config
    return configuration


def _completed(function: Any, given: dict[str, Any] | None) -> dict[str, Any]:
    """Return logging settings with AWS's defaults."""
    defaults = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}"}
    return {**defaults, **(given or {})}
