"""The role with which API Gateway writes logs: one for a region of an account."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.policies import allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.context import Context

# API Gateway refuses a role that may do less, or may do it to fewer log groups than all: it
# serves every API of the region. (API Gateway Developer Guide, "Set up CloudWatch logging for
# REST APIs in API Gateway".)
_WRITE_LOGS = allow(
    [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
    ],
    ["*"],
)


@dataclass(frozen=True)
class ApiGatewayAccountConfig:
    """Whether this environment is the one that sets the region's role."""

    managed: bool


class ApiGatewayAccount(pulumi.ComponentResource):
    """The account's logging role, or nothing where another environment has set it.

    A stage with an access log has to depend on this.
    """

    def __init__(
        self,
        context: Context,
        config: ApiGatewayAccountConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("api-gateway-account", "logs")
        super().__init__("payments:edge:ApiGatewayAccount", name, None, opts)
        if config.managed:
            role = ServiceRole(
                context,
                ServiceRoleConfig(
                    purpose="api-gateway-logs",
                    service="apigateway.amazonaws.com",
                    statements=(_WRITE_LOGS,),
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
            aws.apigateway.Account(
                name,
                cloudwatch_role_arn=role.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
            )
        self.register_outputs({})
