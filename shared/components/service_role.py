"""A role that one AWS service assumes, with one inline policy."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.policies import Statement, document, trust
from shared.context import Context


@dataclass(frozen=True, kw_only=True)
class ServiceRoleConfig:
    """Who assumes the role, and what it may do.

    `account_id` restricts the trust to that account, for services that say on whose behalf they
    act (Lambda does not).
    """

    purpose: str
    service: str
    statements: tuple[Statement, ...]
    account_id: str | None = None


class ServiceRole(pulumi.ComponentResource):
    """An IAM role and its policy. Depend on the component to have the policy in place too."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        config: ServiceRoleConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("role", config.purpose)
        super().__init__("payments:shared:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=name,
            description=f"Assumed by {config.service}",
            assume_role_policy=trust(config.service, config.account_id),
            tags=context.tags(name),
            opts=child,
        )
        policy_name = context.name("policy", config.purpose)
        aws.iam.RolePolicy(
            policy_name,
            name=policy_name,
            role=role.name,
            policy=document(config.statements),
            opts=child,
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})
