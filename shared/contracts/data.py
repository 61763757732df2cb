"""What the data layer promises to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.base import Contract, output
from shared.contracts.network import NetworkOutputs

if TYPE_CHECKING:
    from pulumi import Output


class DataOutputs(Contract, layer="data", consumes=(NetworkOutputs,)):
    """Both Aurora PostgreSQL clusters, their existing credentials, and the route between them."""

    kms_key_arn: Output[str] = output(
        "Key that encrypts the payments data at rest",
        "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000",
    )
    database_name: Output[str] = output("Database on both clusters", "payments")
    source_cluster_identifier: Output[str] = output("Identifier of the source cluster", "source")
    source_endpoint: Output[str] = output("Host name of the source writer", "source.invalid")
    source_reader_endpoint: Output[str] = output(
        "Host name of the source readers", "source.invalid"
    )
    source_port: Output[int] = output("TCP port of the source", 5432)
    source_secret_arn: Output[str] = output(
        "Existing secret with the source's master user",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:source",
    )
    target_cluster_identifier: Output[str] = output("Identifier of the target cluster", "target")
    target_endpoint: Output[str] = output("Host name of the target writer", "target.invalid")
    target_reader_endpoint: Output[str] = output(
        "Host name of the target readers", "target.invalid"
    )
    target_port: Output[int] = output("TCP port of the target", 5432)
    target_secret_arn: Output[str] = output(
        "Existing secret with the target's master user",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:target",
    )
    application_secret_arn: Output[str] = output(
        "Existing secret with the role that the payments function uses on both clusters",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:application",
    )
    certificate_authority_secret_arn: Output[str] = output(
        "Existing secret with the PEM bundle that verifies both clusters' certificates",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:certificate-authority",
    )
    route_parameter_name: Output[str] = output(
        "Parameter with the route: which side takes traffic, and its epoch",
        "/payments/preview/database/route",
    )
    route_parameter_arn: Output[str] = output(
        "ARN of the route parameter, for policies",
        "arn:aws:ssm:us-east-1:000000000000:parameter/payments/preview/database/route",
    )
