"""Rotation of the databases' credentials: the function, and which secrets it rotates by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.credentials import secret_arn
from shared.components.function import Function, FunctionConfig, FunctionNetwork
from shared.components.policies import Statement, allow
from shared.context import Context
from shared.contracts import NetworkOutputs
from shared.existing_secrets import ExistingSecret, Secrets
from shared.naming import PRODUCT
from stacks.data.aurora_cluster import AuroraCluster
from stacks.data.route import Route
from stacks.data.settings import DataSettings

PACKAGE = "secret_rotation"
_MEMORY_MEBIBYTES = 256
_TIMEOUT_SECONDS = 30
_PAUSE_PARAMETER = "rotation_paused"
_APPLICATION = Secrets.APPLICATION.value
_MASTERS = (Secrets.SOURCE_MASTER.value, Secrets.TARGET_MASTER.value)


@dataclass(frozen=True)
class RotationConfig:
    """What the function reaches: both clusters, the route, and the secrets' key."""

    settings: DataSettings
    network: NetworkOutputs
    source: AuroraCluster
    target: AuroraCluster
    route: Route
    key_arn: pulumi.Input[str]


class SecretRotation(pulumi.ComponentResource):
    """The rotation function, and the schedules of the secrets that it rotates.

    The secrets themselves are fetched: who keeps the account creates them. Rotations can also be
    asked for by hand (RotateSecret) wherever a schedule is set.
    """

    def __init__(
        self,
        context: Context,
        account: Account,
        config: RotationConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("rotation", "secrets")
        super().__init__("payments:data:SecretRotation", name, None, opts)
        self._context = context
        child = pulumi.ResourceOptions(parent=self)
        arns = {secret: secret_arn(context, secret) for secret in (_APPLICATION, *_MASTERS)}
        rotated = (_APPLICATION, *(_MASTERS if config.settings.rotate_masters else ()))
        function_config = _function_config(context, account, config, arns, rotated)
        function = Function(context, account, function_config, opts=child)
        permission = self._permission(account, function)
        # Configuring a rotation tries the function out, so the clusters have to be there.
        ready = pulumi.ResourceOptions(
            parent=self, depends_on=[permission, config.source, config.target]
        )
        for secret in rotated:
            aws.secretsmanager.SecretRotation(
                context.name("secret-rotation", secret.purpose),
                secret_id=arns[secret],
                rotation_lambda_arn=function.arn,
                rotation_rules={"automatically_after_days": config.settings.rotation_days},
                rotate_immediately=False,
                opts=ready,
            )
        self.register_outputs({"function_name": function.name})

    def _permission(self, account: Account, function: Function) -> aws.lambda_.Permission:
        """Let Secrets Manager call the function, for secrets of this account only."""
        name = self._context.name("permission", "secret-rotation")
        return aws.lambda_.Permission(
            name,
            statement_id=name,
            action="lambda:InvokeFunction",
            function=function.name,
            principal="secretsmanager.amazonaws.com",
            source_account=account.account_id,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _function_config(
    context: Context,
    account: Account,
    config: RotationConfig,
    arns: Mapping[ExistingSecret, pulumi.Input[str]],
    rotated: Sequence[ExistingSecret],
) -> FunctionConfig:
    authority = secret_arn(context, Secrets.CERTIFICATE_AUTHORITY.value)
    return FunctionConfig(
        package=PACKAGE,
        description="Rotates the databases' credentials, in Secrets Manager's four steps",
        memory_size=_MEMORY_MEBIBYTES,
        timeout=_TIMEOUT_SECONDS,
        key_arn=config.key_arn,
        log_retention_days=config.settings.log_retention_days,
        environment=_environment(context, config, arns, authority),
        statements=_statements(context, account, config, arns, authority, rotated),
        network=FunctionNetwork(
            subnet_ids=config.network.production_private_subnet_ids,
            security_group_id=config.network.function_security_group_id,
        ),
    )


def _environment(
    context: Context,
    config: RotationConfig,
    arns: Mapping[ExistingSecret, pulumi.Input[str]],
    authority: pulumi.Input[str],
) -> dict[str, pulumi.Input[str]]:
    source_master, target_master = _MASTERS
    return {
        "SOURCE_HOST": config.source.endpoint,
        "SOURCE_PORT": config.source.port.apply(str),
        "TARGET_HOST": config.target.endpoint,
        "TARGET_PORT": config.target.port.apply(str),
        "DATABASE_NAME": config.settings.database_name,
        "SOURCE_SECRET_ARN": arns[source_master],
        "TARGET_SECRET_ARN": arns[target_master],
        "APPLICATION_SECRET_ARN": arns[_APPLICATION],
        "CERTIFICATE_AUTHORITY_SECRET_ARN": authority,
        "ROUTE_PARAMETER_NAME": config.route.parameter_name,
        "WORKFLOW_PARAMETER_PATH": f"/{PRODUCT}/{context.environment}/workflow",
    }


def _statements(
    context: Context,
    account: Account,
    config: RotationConfig,
    arns: Mapping[ExistingSecret, pulumi.Input[str]],
    authority: pulumi.Input[str],
    rotated: Sequence[ExistingSecret],
) -> tuple[Statement, ...]:
    function_name = context.name("function", PACKAGE.replace("_", "-"))
    function_arn = account.arn("lambda", f"function:{function_name}")
    pause = context.parameter("workflow", _PAUSE_PARAMETER).removeprefix("/")
    return (
        # The masters change the application's logins, so they are read even if not rotated.
        allow(["secretsmanager:GetSecretValue"], [*arns.values(), authority]),
        # Changes only versions of secrets that name this very function as their rotation's
        # (Secrets Manager User Guide, "Lambda rotation function execution role permissions").
        allow(
            [
                "secretsmanager:DescribeSecret",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ],
            [arns[secret] for secret in rotated],
            condition={
                "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": function_arn}
            },
        ),
        allow(
            ["kms:GenerateDataKey"],
            [config.key_arn],
            condition={
                "StringEquals": {"kms:ViaService": f"secretsmanager.{account.region}.amazonaws.com"}
            },
        ),
        allow(
            ["ssm:GetParameter"],
            [config.route.parameter_arn, account.arn("ssm", f"parameter/{pause}")],
        ),
    )
