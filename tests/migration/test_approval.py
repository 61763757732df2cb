"""Finding the token of an approval."""

import json
from typing import Any

import pytest

from migration.approval import task_token
from tests.migration.events import History


@pytest.mark.parametrize(
    "parameters",
    [
        {"TaskToken": "the token"},
        {"Entries": [{"Detail": {"run": "r", "task_token": "the token"}}]},
        {"TopicArn": "arn", "Message": json.dumps({"taskToken": "the token"})},
    ],
)
def test_the_token_is_found_wherever_the_request_carries_it(parameters: Any) -> None:
    history = History().enter("RequestApproval").schedule(parameters)

    assert task_token(history.events) == "the token"


def test_before_the_question_there_is_no_token() -> None:
    history = History().enter("Validate").schedule({"TaskToken": "of another state"})

    assert task_token(history.events) is None
