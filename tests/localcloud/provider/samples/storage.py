"""Samples of S3."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample

sample(
    "aws:s3/bucket:Bucket",
    lambda s: {"bucket": s.name("bucket-test"), "forceDestroy": False, "tags": TAGS},
    lambda s: {"forceDestroy": True, "tags": OTHER_TAGS},
)
sample(
    "aws:s3/bucketVersioning:BucketVersioning",
    lambda s: {"bucket": s.bucket, "versioningConfiguration": {"status": "Enabled"}},
    lambda s: {"versioningConfiguration": {"status": "Suspended"}},
    stays=True,
)
sample(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    lambda s: {
        "bucket": s.bucket,
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": s.key.outputs["arn"],
                },
                "bucketKeyEnabled": True,
            }
        ],
    },
    lambda s: {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
)
sample(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    lambda s: {
        "bucket": s.bucket,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
    lambda s: {"restrictPublicBuckets": False},
)


def _bucket_policy(bucket: str, action: str) -> str:
    statement = {
        "Sid": "Sample",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": [action],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


sample(
    "aws:s3/bucketPolicy:BucketPolicy",
    lambda s: {"bucket": s.bucket, "policy": _bucket_policy(s.bucket, "s3:GetObject")},
    lambda s: {"policy": _bucket_policy(s.bucket, "s3:PutObject")},
)
sample(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    lambda s: {
        "bucket": s.bucket,
        "rules": [
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": {"prefix": "checkpoints/"},
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
            },
            {
                "id": "logs",
                "status": "Enabled",
                "filter": {"prefix": "logs/"},
                "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
                "expiration": {"days": 365},
            },
        ],
    },
    lambda s: {
        "rules": [
            {
                "id": "old-versions",
                "status": "Disabled",
                "filter": {"prefix": "checkpoints/"},
                "noncurrentVersionExpiration": {"noncurrentDays": 60},
            }
        ],
    },
)
sample(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    lambda s: {"bucket": s.bucket, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
    lambda s: {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
)
