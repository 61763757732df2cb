"""A private, versioned, encrypted bucket that answers over TLS only."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.account import Account
from shared.components.policies import document
from shared.context import Context


@dataclass(frozen=True)
class VersionedBucketConfig:
    """What the bucket holds, its key, and how long a replaced or deleted version is kept."""

    purpose: str
    key_arn: pulumi.Input[str]
    old_version_days: int


class VersionedBucket(pulumi.ComponentResource):
    """A bucket with everything that Amazon S3's security best practices ask for.

    Its name has the account id in it, because bucket names are unique across all of AWS. It is
    emptied when it is destroyed.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        account: Account,
        config: VersionedBucketConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("bucket", f"{config.purpose}-{account.account_id}")
        super().__init__("payments:shared:VersionedBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name, bucket=name, force_destroy=True, tags=context.tags(name), opts=child
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": config.key_arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        self._keep_private(name, bucket)
        self._expire_old_versions(name, bucket, versioning, config.old_version_days)
        self.name = bucket.bucket
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _keep_private(self, name: str, bucket: aws.s3.Bucket) -> None:
        access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # S3 refuses concurrent changes of one bucket's access ("OperationAborted: A conflicting
        # conditional operation is currently in progress"), hence one after the other.
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=document(
                [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access]),
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

    def _expire_old_versions(
        self,
        name: str,
        bucket: aws.s3.Bucket,
        versioning: aws.s3.BucketVersioning,
        days: int,
    ) -> None:
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "id": "expire-old-versions",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
