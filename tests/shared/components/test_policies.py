"""Policy documents are data, and may hold what is not known yet."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi

from shared.components.policies import allow, allow_service, document, trust

ARN = "arn:aws:s3:::bucket"


def _rendered(build: Callable[[], pulumi.Output[str]]) -> dict[str, Any]:
    """Return the document; outputs need a running event loop from their making on."""

    async def value() -> str | None:
        return await build().future()

    found: dict[str, Any] = json.loads(asyncio.run(value()) or "")
    return found


def test_outputs_are_rendered_into_the_document() -> None:
    rendered = _rendered(
        lambda: document([allow(["s3:GetObject"], [pulumi.Output.from_input(ARN)])])
    )

    assert rendered == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [ARN]}],
    }


def test_a_condition_is_there_only_when_given() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "1"}}

    assert "Condition" not in allow(["s3:GetObject"], [ARN])
    assert allow(["s3:GetObject"], [ARN], condition=condition)["Condition"] == condition


def test_a_resource_policy_names_the_service() -> None:
    statement = allow_service("events.amazonaws.com", ["sns:Publish"], "arn:topic")

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Resource"] == "arn:topic"


def test_trust_is_bound_to_an_account_where_the_service_says_whose_it_acts_for() -> None:
    (bound,) = _rendered(lambda: trust("states.amazonaws.com", "111122223333"))["Statement"]
    (open_,) = _rendered(lambda: trust("lambda.amazonaws.com"))["Statement"]

    assert bound["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert "Condition" not in open_
    assert open_["Principal"] == {"Service": "lambda.amazonaws.com"}
