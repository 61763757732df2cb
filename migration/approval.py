"""The approval that a migration may wait for before its cutover.

Source: AWS Step Functions Developer Guide, "Wait for a Callback with Task Token".
"""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from deploy.errors import CommandError
from migration.history import Event, scheduled_parameters

APPROVAL_STATE = "RequestApproval"
_TOKEN = "tasktoken"  # noqa: S105  # a key's name


def task_token(events: Sequence[Event]) -> str | None:
    """Return the token of the approval that was asked for last, None when none was."""
    return _find(scheduled_parameters(events, APPROVAL_STATE))


def approve(states: Any, token: str, approver: str) -> None:
    """Let the execution go on. Raises CommandError when it does not wait any more."""
    try:
        states.send_task_success(
            taskToken=token, output=json.dumps({"approved": True, "approver": approver})
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise CommandError(f"the approval was not taken: {code}") from error


def _find(document: Any) -> str | None:
    """Look for the token at any depth, also inside JSON that is a string, as messages are."""
    if isinstance(document, str) and document.startswith("{"):
        try:
            return _find(json.loads(document))
        except ValueError:
            return None
    if isinstance(document, list):
        return next(filter(None, map(_find, document)), None)
    if not isinstance(document, dict):
        return None
    for key, value in document.items():
        if key.lower().replace("_", "") == _TOKEN and isinstance(value, str):
            return value
    return next(filter(None, map(_find, document.values())), None)
