"""Configurations of the two functions: what they are told, and what they may do."""

import pulumi

from shared.components.function import FunctionConfig, FunctionNetwork
from shared.components.policies import allow
from shared.contracts import DataOutputs, NetworkOutputs
from stacks.edge.settings import EdgeSettings


def payments_config(
    settings: EdgeSettings, network: NetworkOutputs, data: DataOutputs
) -> FunctionConfig:
    """Return the function behind /payments. It runs in the production VPC to reach both sides."""
    return FunctionConfig(
        package="payments",
        description="Creates and reads payments, on whichever cluster takes the traffic",
        memory_size=settings.payments_memory_size,
        timeout=settings.payments_timeout,
        key_arn=data.kms_key_arn,
        log_retention_days=settings.log_retention_days,
        log_level=settings.log_level,
        environment={
            "ROUTE_PARAMETER_NAME": data.route_parameter_name,
            "SOURCE_HOST": data.source_endpoint,
            "SOURCE_PORT": data.source_port.apply(str),
            "TARGET_HOST": data.target_endpoint,
            "TARGET_PORT": data.target_port.apply(str),
            "DATABASE_NAME": data.database_name,
            "APPLICATION_SECRET_ARN": data.application_secret_arn,
            "CERTIFICATE_AUTHORITY_SECRET_ARN": data.certificate_authority_secret_arn,
        },
        statements=(
            allow(["ssm:GetParameter"], [data.route_parameter_arn]),
            allow(
                ["secretsmanager:GetSecretValue"],
                [data.application_secret_arn, data.certificate_authority_secret_arn],
            ),
        ),
        network=FunctionNetwork(
            subnet_ids=network.production_private_subnet_ids,
            security_group_id=network.function_security_group_id,
        ),
    )


def authorizer_config(
    settings: EdgeSettings, data: DataOutputs, jwt_secret_arn: pulumi.Input[str]
) -> FunctionConfig:
    """Return the function that verifies tokens. It needs no database, so it is in no VPC."""
    return FunctionConfig(
        package="authorizer",
        description="Verifies bearer tokens",
        memory_size=settings.authorizer_memory_size,
        timeout=settings.authorizer_timeout,
        key_arn=data.kms_key_arn,
        log_retention_days=settings.log_retention_days,
        log_level=settings.log_level,
        environment={"JWT_SECRET_ARN": jwt_secret_arn},
        statements=(allow(["secretsmanager:GetSecretValue"], [jwt_secret_arn]),),
    )
