"""The four topics that people subscribe to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.encryption_key import EncryptionKey, EncryptionKeyConfig, used_by_publisher
from shared.components.policies import Statement, allow_service, document
from shared.context import Context

_EVENTS = "events.amazonaws.com"
_ALARMS = "cloudwatch.amazonaws.com"


class Subject(StrEnum):
    """What a topic is about; the value is the topic's purpose in its name."""

    MIGRATION_STATUS = "migration-status"
    ERROR_ALERTS = "error-alerts"
    VALIDATION_ALERTS = "validation-alerts"
    ROLLBACK_ALERTS = "rollback-alerts"


@dataclass(frozen=True)
class TopicsConfig:
    """Names of the EventBridge rules that publish to each topic."""

    rules: Mapping[Subject, Sequence[str]]


class Topics(pulumi.ComponentResource):
    """Four encrypted topics that EventBridge and CloudWatch alarms publish to.

    They have a key of their own: the payments key is not for services that only notify.
    """

    def __init__(
        self,
        context: Context,
        account: Account,
        config: TopicsConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "payments:observability:Topics", context.name("topics", "payments"), None, opts
        )
        self._context = context
        self._account = account
        key = EncryptionKey(
            context,
            account,
            EncryptionKeyConfig(
                "topics",
                "Encrypts the notifications",
                (used_by_publisher(_EVENTS, account), used_by_publisher(_ALARMS, account)),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._arns = {
            subject: self._topic(subject, key, config.rules.get(subject, ())) for subject in Subject
        }
        self.register_outputs({str(subject): arn for subject, arn in self._arns.items()})

    def arn(self, subject: Subject) -> pulumi.Output[str]:
        """Return the ARN of a topic."""
        return self._arns[subject]

    def parameters(self) -> dict[str, pulumi.Input[str]]:
        """Return the topics' ARNs, as parameters of the monitoring hierarchy."""
        return {
            f"{subject.replace('-', '_')}_topic_arn": arn for subject, arn in self._arns.items()
        }

    def _topic(
        self, subject: Subject, key: EncryptionKey, rules: Sequence[str]
    ) -> pulumi.Output[str]:
        name = self._context.name("topic", subject)
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            name,
            name=name,
            kms_master_key_id=key.arn,
            tags=self._context.tags(name),
            opts=child,
        )
        aws.sns.TopicPolicy(
            self._context.name("topic-policy", subject),
            arn=topic.arn,
            policy=document(self._publishers(topic.arn, rules)),
            opts=child,
        )
        return topic.arn

    def _publishers(self, topic_arn: pulumi.Output[str], rules: Sequence[str]) -> list[Statement]:
        account = self._account
        alarms = account.arn("cloudwatch", f"alarm:*-{self._context.environment}")
        rule_arns = [account.arn("events", f"rule/{rule}") for rule in rules]
        sources = {_ALARMS: [alarms], _EVENTS: rule_arns}
        return [
            allow_service(
                service,
                ["sns:Publish"],
                topic_arn,
                condition={
                    "StringEquals": {"aws:SourceAccount": account.account_id},
                    "ArnLike": {"aws:SourceArn": arns},
                },
            )
            for service, arns in sources.items()
        ]
