"""Condition blocks, row by row."""

from typing import Any

import pytest

from localcloud.cloud.repairs.policy_conditions import applies, unsupported

REQUEST = {"aws:SecureTransport": "true", "aws:SourceArn": "arn:aws:sns:r:a:topic"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"AWS:securetransport": "false"}}, False),
        ({"StringEquals": {"aws:SourceArn": ["x", "arn:aws:sns:r:a:topic"]}}, True),
        ({"StringEquals": {"aws:SourceArn": "ARN:aws:sns:r:a:topic"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:SourceArn": "ARN:aws:sns:r:a:TOPIC"}}, True),
        ({"StringNotEquals": {"aws:SourceArn": ["x", "y"]}}, True),
        ({"StringNotEquals": {"aws:SourceArn": ["x", "arn:aws:sns:r:a:topic"]}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:top?c"}}, True),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*"}}, False),
        ({"StringEquals": {"aws:absent": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:absent": "x"}}, True),
        ({"StringNotEquals": {"aws:absent": "x"}}, True),
        ({"Null": {"aws:absent": "true"}}, True),
        ({"Null": {"aws:SourceArn": "true"}}, False),
        (
            {
                "Bool": {"aws:SecureTransport": "true"},
                "StringEquals": {"aws:SourceArn": "other"},
            },
            False,
        ),
    ],
)
def test_a_block_applies_when_every_operator_holds(
    condition: dict[str, Any], expected: bool
) -> None:
    assert applies(condition, REQUEST) is expected


def test_operators_that_are_not_understood_are_named() -> None:
    assert unsupported({"Bool": {}, "IpAddress": {}, "DateLessThanIfExists": {}}) == [
        "DateLessThanIfExists",
        "IpAddress",
    ]
