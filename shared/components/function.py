"""A Lambda function with its role, its log group and its tracing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.log_group import encrypted_log_group
from shared.components.policies import Statement, allow
from shared.components.service_role import ServiceRole, ServiceRoleConfig
from shared.context import Context
from shared.packaging import build

RUNTIME = "python3.13"

# Neither service supports resource-level permissions for these actions, so AWS requires "*".
# (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC";
# Service Authorization Reference, "Actions defined by AWS X-Ray".)
_NETWORK_INTERFACES = allow(
    [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    ["*"],
)
_TRACING = allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """Where a function that reaches into a VPC runs."""

    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class FunctionConfig:
    """One function. `package` is its folder under ``functions/``; sizes are MiB and seconds."""

    package: str
    description: str
    memory_size: int
    timeout: int
    key_arn: pulumi.Input[str]
    log_retention_days: int
    environment: Mapping[str, pulumi.Input[str]]
    statements: tuple[Statement, ...]
    network: FunctionNetwork | None = None
    log_level: str = field(default="INFO")


class Function(pulumi.ComponentResource):
    """A function that may write its own log, send traces, and do what its statements say."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        account: Account,
        config: FunctionConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        purpose = config.package.replace("_", "-")
        name = context.name("function", purpose)
        super().__init__("payments:shared:Function", name, None, opts)
        log_group = encrypted_log_group(
            context,
            f"/aws/lambda/{name}",
            key_arn=config.key_arn,
            retention_days=config.log_retention_days,
            parent=self,
        )
        role = ServiceRole(
            context,
            ServiceRoleConfig(
                purpose=f"function-{purpose}",
                service="lambda.amazonaws.com",
                statements=_statements(account, name, config),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        function = aws.lambda_.Function(
            name,
            name=name,
            description=config.description,
            runtime=RUNTIME,
            handler=f"functions.{config.package}.handler.handler",
            code=pulumi.FileArchive(str(build(config.package))),
            role=role.arn,
            memory_size=config.memory_size,
            timeout=config.timeout,
            kms_key_arn=config.key_arn,
            environment={
                "variables": {
                    "POWERTOOLS_SERVICE_NAME": purpose,
                    "LOG_LEVEL": config.log_level,
                    **config.environment,
                }
            },
            tracing_config={"mode": "Active"},
            vpc_config=_vpc_config(config.network),
            tags=context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log_group, role]),
        )
        self.name = function.name
        self.arn = function.arn
        self.invoke_arn = function.invoke_arn
        self.log_group_name = log_group.name
        self.register_outputs({"name": self.name, "arn": self.arn})


def _statements(account: Account, name: str, config: FunctionConfig) -> tuple[Statement, ...]:
    own_log = allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [account.arn("logs", f"log-group:/aws/lambda/{name}:*")],
    )
    # The environment is encrypted with the key, and so are the secrets that functions read.
    own_key = allow(["kms:Decrypt"], [config.key_arn])
    network = (_NETWORK_INTERFACES,) if config.network else ()
    return (own_log, own_key, _TRACING, *network, *config.statements)


def _vpc_config(network: FunctionNetwork | None) -> aws.lambda_.FunctionVpcConfigArgsDict | None:
    if network is None:
        return None
    return {
        "subnet_ids": network.subnet_ids,
        "security_group_ids": [network.security_group_id],
    }
