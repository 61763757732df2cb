"""What the data layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output, placeholder_arn
from shared.contracts.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi import Output


class DataOutputs(Contract, layer="data", consumes=(NetworkOutputs,)):
    """Both Aurora PostgreSQL clusters, their existing credentials, and the route between them."""

    kms_key_arn: Output[str] = output(
        "Key that encrypts the payments data at rest",
        placeholder_arn("kms", "key/00000000-0000-0000-0000-000000000000"),
    )
    database_name: Output[str] = output("Database on both clusters", "placeholder")
    source_cluster_identifier: Output[str] = output(
        "Identifier of the source cluster", "placeholder-source"
    )
    source_endpoint: Output[str] = output(
        "Host name of the source writer", "placeholder-source.invalid"
    )
    source_reader_endpoint: Output[str] = output(
        "Host name of the source readers", "placeholder-source-readers.invalid"
    )
    source_port: Output[int] = output("TCP port of the source", 5432)
    source_secret_arn: Output[str] = output(
        "Existing secret with the source's master user",
        placeholder_arn("secretsmanager", "secret:placeholder-source-000000"),
    )
    target_cluster_identifier: Output[str] = output(
        "Identifier of the target cluster", "placeholder-target"
    )
    target_endpoint: Output[str] = output(
        "Host name of the target writer", "placeholder-target.invalid"
    )
    target_reader_endpoint: Output[str] = output(
        "Host name of the target readers", "placeholder-target-readers.invalid"
    )
    target_port: Output[int] = output("TCP port of the target", 5432)
    target_secret_arn: Output[str] = output(
        "Existing secret with the target's master user",
        placeholder_arn("secretsmanager", "secret:placeholder-target-000000"),
    )
    application_secret_arn: Output[str] = output(
        "Existing secret with the role that the payments function uses on both clusters",
        placeholder_arn("secretsmanager", "secret:placeholder-application-000000"),
    )
    certificate_authority_secret_arn: Output[str] = output(
        "Existing secret with the PEM bundle that verifies both clusters' certificates",
        placeholder_arn("secretsmanager", "secret:placeholder-certificate-authority-000000"),
    )
    route_parameter_name: Output[str] = output(
        "Parameter with the route: which side takes traffic, and its epoch",
        "/payments/placeholder/database/route",
    )
    route_parameter_arn: Output[str] = output(
        "ARN of the route parameter, for policies",
        placeholder_arn("ssm", "parameter/payments/placeholder/database/route"),
    )
