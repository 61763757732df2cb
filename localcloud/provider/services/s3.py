"""S3 buckets, and each of their settings as a resource of its own."""

import re
from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging
from localcloud.provider.expressions import ID, ByName, Computed, Given, Text
from localcloud.provider.scope import Scope, Template
from localcloud.provider.session import Session

TAGGING = Tagging(
    resource_argument="Bucket",
    tag_operation="PutBucketTagging",
    tags_argument="Tagging",
    untag_operation=None,
    list_operation="GetBucketTagging",
    list_path="TagSet",
    replaces_all=True,
)

_BUCKET_NAME = re.compile(r"(?!xn--|sthree-|.*\.\.|.*-s3alias$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _location(scope: Scope) -> dict[str, str] | None:
    """Return the bucket's region in S3's words; us-east-1 is the one that must not be said."""
    return None if scope.region == "us-east-1" else {"LocationConstraint": scope.region}


def _empty_bucket(session: Session, scope: Scope) -> None:
    """Delete every version of every object, where the program allows it."""
    if not scope.inputs.get("forceDestroy"):
        return
    request: dict[str, Any] = {"Bucket": scope.resource_id}
    listing = session.pages("s3", "ListObjectVersions", request, scope.region)
    versions = [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]
    keys = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
    for start in range(0, len(keys), 1000):  # the most that one call deletes
        batch = {"Objects": keys[start : start + 1000], "Quiet": True}
        session.call("s3", "DeleteObjects", {**request, "Delete": batch}, scope.region)


BUCKET = ResourceType(
    pulumi_type="aws:s3/bucket:Bucket",
    service="s3",
    create=Create(
        operation="CreateBucket",
        sends="nothing",
        arguments={
            "Bucket": Given("bucket"),
            "CreateBucketConfiguration": Computed(_location),
            "ObjectLockEnabledForBucket": Given("objectLockEnabled"),
        },
    ),
    identifier=Given("bucket"),
    read=(
        # Unlike HeadBucket, this says in its error what is wrong.
        Read(
            operation="GetBucketLocation",
            arguments={"Bucket": ID},
            path="{location: LocationConstraint}",
        ),
    ),
    delete=(Call(operation="DeleteBucket", arguments={"Bucket": ID}),),
    outputs={
        "arn": Text("arn:aws:s3:::{id}"),
        "bucket": ID,
        "bucketDomainName": Text("{id}.s3.amazonaws.com"),
        "bucketRegionalDomainName": Text("{id}.s3.{region}.amazonaws.com"),
        "bucketRegion": Text("{region}"),
    },
    name_property="bucket",
    lower_case_name=True,
    provider_side=frozenset({"forceDestroy"}),
    before_delete=_empty_bucket,
    tagging=TAGGING,
    tags_after_create=True,
    rules=(
        rules.text(
            "bucket",
            lambda name: _BUCKET_NAME.fullmatch(name) is not None,
            "3 to 63 lower-case letters, digits, periods and hyphens",
        ),
    ),
)


def _setting(
    pulumi_type: str,
    *,
    put: str,
    argument: str,
    value: Template,
    properties: tuple[str, ...],
    read: Read,
    delete: Call,
    **particulars: Any,
) -> ResourceType:
    """Return the type of one setting of a bucket: a call puts it, another takes it away."""
    arguments = {"Bucket": Given("bucket"), argument: value}
    return ResourceType(
        pulumi_type=pulumi_type,
        service="s3",
        create=Create(operation=put, sends="nothing", arguments=arguments),
        identifier=Given("bucket"),
        read=(read,),
        delete=(delete,),
        repeat_create_for=properties,
        outputs={"bucket": ID, **particulars.pop("outputs", {})},
        import_parts=("\n", ("bucket",)),
        **particulars,
    )


_BUCKET_ID = {"Bucket": ID}

BUCKET_VERSIONING = _setting(
    "aws:s3/bucketVersioning:BucketVersioning",
    put="PutBucketVersioning",
    argument="VersioningConfiguration",
    value=Given("versioningConfiguration"),
    properties=("versioningConfiguration",),
    read=Read(
        operation="GetBucketVersioning",
        arguments=_BUCKET_ID,
        path="Status && {versioningConfiguration: {Status: Status, MFADelete: MFADelete}} || null",
    ),
    # Versioning cannot be taken away again, only suspended ("Using versioning in S3 buckets").
    delete=Call(
        operation="PutBucketVersioning",
        arguments={**_BUCKET_ID, "VersioningConfiguration": {"Status": "Suspended"}},
    ),
)

BUCKET_ENCRYPTION = _setting(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    put="PutBucketEncryption",
    argument="ServerSideEncryptionConfiguration",
    value={"Rules": Given("rules")},
    properties=("rules",),
    read=Read(
        operation="GetBucketEncryption",
        arguments=_BUCKET_ID,
        path="ServerSideEncryptionConfiguration",
    ),
    delete=Call(operation="DeleteBucketEncryption", arguments=_BUCKET_ID),
)

_PUBLIC_ACCESS = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)

BUCKET_PUBLIC_ACCESS_BLOCK = _setting(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    put="PutPublicAccessBlock",
    argument="PublicAccessBlockConfiguration",
    value=ByName(*_PUBLIC_ACCESS),
    properties=_PUBLIC_ACCESS,
    read=Read(
        operation="GetPublicAccessBlock",
        arguments=_BUCKET_ID,
        path="PublicAccessBlockConfiguration",
    ),
    delete=Call(operation="DeletePublicAccessBlock", arguments=_BUCKET_ID),
    defaults=dict.fromkeys(_PUBLIC_ACCESS, False),
)

BUCKET_POLICY = _setting(
    "aws:s3/bucketPolicy:BucketPolicy",
    put="PutBucketPolicy",
    argument="Policy",
    value=Given("policy"),
    properties=("policy",),
    read=Read(operation="GetBucketPolicy", arguments=_BUCKET_ID),
    delete=Call(operation="DeleteBucketPolicy", arguments=_BUCKET_ID),
    rules=(rules.policy_document("policy"),),
)

BUCKET_LIFECYCLE = _setting(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    put="PutBucketLifecycleConfiguration",
    argument="LifecycleConfiguration",
    value={"Rules": Given("rules")},
    properties=("rules",),
    read=Read(operation="GetBucketLifecycleConfiguration", arguments=_BUCKET_ID),
    delete=Call(operation="DeleteBucketLifecycle", arguments=_BUCKET_ID),
)

BUCKET_OWNERSHIP = _setting(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    put="PutBucketOwnershipControls",
    argument="OwnershipControls",
    value={"Rules": [Given("rule")]},
    properties=("rule",),
    read=Read(operation="GetBucketOwnershipControls", arguments=_BUCKET_ID),
    delete=Call(operation="DeleteBucketOwnershipControls", arguments=_BUCKET_ID),
    outputs={"rule": "OwnershipControls.Rules[0]"},
)

TYPES = (
    BUCKET,
    BUCKET_VERSIONING,
    BUCKET_ENCRYPTION,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    BUCKET_POLICY,
    BUCKET_LIFECYCLE,
    BUCKET_OWNERSHIP,
)
