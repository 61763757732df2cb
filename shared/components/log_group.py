"""Log groups: always encrypted with our own key, always with a retention."""

import pulumi
import pulumi_aws as aws

from shared.context import Context


def encrypted_log_group(
    context: Context,
    name: str,
    *,
    key_arn: pulumi.Input[str],
    retention_days: int,
    parent: pulumi.Resource,
) -> aws.cloudwatch.LogGroup:
    """Create the log group ``name``: AWS's prefix for the service, then the resource's own name.

    Services create a missing group themselves, unencrypted and kept for ever, so a group has to
    exist before the resource that writes to it.
    """
    return aws.cloudwatch.LogGroup(
        name,
        name=name,
        kms_key_id=key_arn,
        retention_in_days=retention_days,
        tags=context.tags(name),
        opts=pulumi.ResourceOptions(parent=parent),
    )
