"""A customer managed key with an alias, and the statements that let AWS services use one."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.policies import Statement, allow_service, document
from shared.context import Context

_THIS_KEY = "*"  # in a key policy the resource is the key itself


@dataclass(frozen=True)
class EncryptionKeyConfig:
    """What the key is for, and the services that use it directly."""

    purpose: str
    description: str
    services: tuple[Statement, ...] = ()
    deletion_window_days: int = 7


class EncryptionKey(pulumi.ComponentResource):
    """A key that rotates every year, governed by IAM, and its alias."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        account: Account,
        config: EncryptionKeyConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("key", config.purpose)
        super().__init__("payments:shared:EncryptionKey", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            name,
            description=config.description,
            enable_key_rotation=True,
            deletion_window_in_days=config.deletion_window_days,
            policy=document([_governed_by_iam(account), *config.services]),
            tags=context.tags(name),
            opts=child,
        )
        alias = f"alias/{name}"
        aws.kms.Alias(alias, name=alias, target_key_id=key.key_id, opts=child)
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


def used_by_logs(account: Account) -> Statement:
    """Let CloudWatch Logs encrypt this account's log groups.

    Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    return allow_service(
        f"logs.{account.region}.amazonaws.com",
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        _THIS_KEY,
        condition={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": account.arn("logs", "log-group:*")}
        },
    )


def used_by_publisher(service: str, account: Account) -> Statement:
    """Let a service publish to encrypted topics of this account.

    Source: Amazon SNS Developer Guide, "Enable compatibility between event sources from AWS
    services and encrypted topics".
    """
    return allow_service(
        service,
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        _THIS_KEY,
        condition={"StringEquals": {"aws:SourceAccount": account.account_id}},
    )


def _governed_by_iam(account: Account) -> Statement:
    # The default statement of every key: without it nobody could change the policy again
    # (AWS KMS Developer Guide, "Default key policy").
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{account.partition}:iam::{account.account_id}:root"},
        "Action": "kms:*",
        "Resource": _THIS_KEY,
    }
