"""Policy documents, written as data.

Values may be outputs that are not known yet: documents are rendered by `document`, never by
joining strings. (IAM User Guide, "IAM JSON policy elements reference".)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = Mapping[str, Any]

_VERSION = "2012-10-17"


def allow(
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    *,
    condition: Mapping[str, Any] | None = None,
) -> Statement:
    """Return a statement of an identity policy."""
    return _with_condition(
        {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}, condition
    )


def allow_service(
    service: str,
    actions: Sequence[str],
    resource: pulumi.Input[str],
    *,
    condition: Mapping[str, Any] | None = None,
) -> Statement:
    """Return a statement of a resource policy that lets an AWS service use the resource."""
    return _with_condition(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": list(actions),
            "Resource": resource,
        },
        condition,
    )


def trust(service: str, account_id: str | None = None) -> pulumi.Output[str]:
    """Return the trust policy of a role that an AWS service assumes.

    With an account id the service may assume it only on behalf of that account (IAM User Guide,
    "The confused deputy problem"); not every service says on whose behalf it acts.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    condition = {"StringEquals": {"aws:SourceAccount": account_id}} if account_id else None
    return document([_with_condition(statement, condition)])


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Return the policy document with these statements."""
    return pulumi.Output.json_dumps({"Version": _VERSION, "Statement": list(statements)})


def _with_condition(statement: dict[str, Any], condition: Mapping[str, Any] | None) -> Statement:
    return {**statement, "Condition": condition} if condition else statement
