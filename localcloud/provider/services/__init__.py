"""The table: every resource type of the local provider, one module a service."""

from localcloud.provider.definition import ResourceType
from localcloud.provider.services import (
    apigateway,
    apigateway_deployment,
    cloudwatch,
    dms,
    ec2_endpoint,
    ec2_routing,
    ec2_security,
    ec2_transit_gateway,
    ec2_vpc,
    events,
    iam,
    kms,
    lambda_,
    logs,
    rds,
    rds_groups,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
    stepfunctions,
)

_MODULES: tuple[tuple[ResourceType, ...], ...] = (
    apigateway.TYPES,
    apigateway_deployment.TYPES,
    cloudwatch.TYPES,
    dms.TYPES,
    ec2_endpoint.TYPES,
    ec2_routing.TYPES,
    ec2_security.TYPES,
    ec2_transit_gateway.TYPES,
    ec2_vpc.TYPES,
    events.TYPES,
    iam.TYPES,
    kms.TYPES,
    lambda_.TYPES,
    logs.TYPES,
    rds.TYPES,
    rds_groups.TYPES,
    s3.TYPES,
    secretsmanager.TYPES,
    sns.TYPES,
    sqs.TYPES,
    ssm.TYPES,
    stepfunctions.TYPES,
)

RESOURCE_TYPES: dict[str, ResourceType] = {
    resource_type.pulumi_type: resource_type for types in _MODULES for resource_type in types
}
"""Every entry of the table by its token."""
