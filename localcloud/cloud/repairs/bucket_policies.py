"""S3: the conditions of bucket policies.

Source: "Bucket policies for Amazon S3": a statement whose condition does not hold has no part in
the decision. moto takes such a statement for a denial, so that the usual "deny what is not sent
over TLS" forbids everything.

The laptop cloud is reached over plain HTTP on loopback only, which stands for TLS here:
``aws:SecureTransport`` is true. A policy with an operator that is not understood is refused.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs import policy_conditions
from localcloud.cloud.repairs.patches import once

_REQUEST = {"aws:SecureTransport": "true"}


@once
def install() -> None:
    """Repair how moto decides by a bucket's policy."""
    wrap(FakeBucket, "get_permission", _decide)
    wrap(S3Backend, "put_bucket_policy", _refuse_unknown_operators)


def _decide(stock: Callable[[Any, str, str], Any], bucket: Any, action: str, resource: str) -> Any:
    # moto's IAM imports its S3, so that it can't be imported while S3 is.
    from moto.iam.access_control import IAMPolicy

    if bucket.policy is None:
        return stock(bucket, action, resource)
    statements = [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in _statements(bucket.policy)
        if policy_conditions.applies(statement.get("Condition", {}), _REQUEST)
    ]
    policy = IAMPolicy(json.dumps({"Statement": statements}))
    return policy.is_action_permitted(action, resource)


def _refuse_unknown_operators(
    stock: Callable[[Any, str, bytes], None], backend: Any, bucket_name: str, policy: bytes
) -> None:
    for statement in _statements(policy):
        unknown = policy_conditions.unsupported(statement.get("Condition", {}))
        if unknown:
            raise S3ClientError(
                "NotImplemented",
                f"The laptop cloud does not evaluate the condition operator {unknown[0]}.",
            )
    stock(backend, bucket_name, policy)


def _statements(policy: bytes | str) -> list[dict[str, Any]]:
    try:
        found = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else [found]
