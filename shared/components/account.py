"""The AWS account and region that a program deploys to, and the ARNs that follow from them."""

from dataclasses import dataclass

import pulumi_aws as aws


@dataclass(frozen=True)
class Account:
    """Where resources are created. Policies name resources by ARN before those exist."""

    partition: str
    region: str
    account_id: str

    @classmethod
    def current(cls) -> "Account":
        """Return the account that the default provider's credentials belong to."""
        return cls(
            partition=aws.get_partition().partition,
            region=aws.get_region().region,
            account_id=aws.get_caller_identity().account_id,
        )

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a regional resource, for example ``log-group:/aws/rds/*`` of logs."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"
