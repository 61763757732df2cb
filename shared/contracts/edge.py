"""What the edge layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output, placeholder_arn
from shared.contracts.data import DataOutputs
from shared.contracts.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi import Output


class EdgeOutputs(Contract, layer="edge", consumes=(NetworkOutputs, DataOutputs)):
    """The public API and the functions behind it."""

    api_url: Output[str] = output(
        "Base URL; payments live at /payments", "https://placeholder.invalid/v1"
    )
    api_name: Output[str] = output("Name of the REST API, a metric dimension", "placeholder")
    api_id: Output[str] = output("Identifier of the REST API", "placeholder")
    stage_name: Output[str] = output("Stage of the REST API, a metric dimension", "placeholder")
    payments_function_name: Output[str] = output(
        "Function behind /payments", "placeholder-payments"
    )
    authorizer_function_name: Output[str] = output(
        "Function that authorizes calls", "placeholder-authorizer"
    )
    access_log_group_name: Output[str] = output(
        "Log group of the API's access log", "placeholder-access"
    )
    payments_log_group_name: Output[str] = output(
        "Log group of the payments function", "placeholder-payments"
    )
    jwt_secret_arn: Output[str] = output(
        "Existing secret with the key that signs and verifies tokens",
        placeholder_arn("secretsmanager", "secret:placeholder-jwt-000000"),
    )
