"""S3: bucket policies with conditions."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]
NAME = "bucket-policies-sample"


@pytest.fixture
def bucket(aws: Client) -> Iterator[Any]:
    storage = aws("s3")
    storage.create_bucket(
        Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    yield storage
    storage.delete_bucket_policy(Bucket=NAME)
    storage.delete_object(Bucket=NAME, Key="k")
    storage.delete_bucket(Bucket=NAME)


def _deny(condition: dict[str, Any] | None) -> str:
    statement: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
    }
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_denying_what_is_not_sent_over_tls_leaves_the_bucket_usable(bucket: Any) -> None:
    policy = _deny({"Bool": {"aws:SecureTransport": "false"}})
    bucket.put_bucket_policy(Bucket=NAME, Policy=policy)

    bucket.put_object(Bucket=NAME, Key="k", Body=b"x")

    assert bucket.get_object(Bucket=NAME, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("condition", [None, {"Bool": {"aws:SecureTransport": "true"}}])
def test_a_denial_that_applies_still_denies(bucket: Any, condition: dict[str, Any] | None) -> None:
    bucket.put_bucket_policy(Bucket=NAME, Policy=_deny(condition))

    with pytest.raises(ClientError) as refused:
        bucket.put_object(Bucket=NAME, Key="k", Body=b"x")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_operator_that_is_not_evaluated_is_refused_by_name(bucket: Any) -> None:
    policy = _deny({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})

    with pytest.raises(ClientError, match="IpAddress") as refused:
        bucket.put_bucket_policy(Bucket=NAME, Policy=policy)

    assert refused.value.response["Error"]["Code"] == "NotImplemented"
