"""Reads a stack's state, wherever the CLI keeps it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi.automation import Deployment

from deploy.engines.embedded.encryption import Encryption
from deploy.engines.embedded.errors import StateError
from deploy.engines.embedded.state import checkpoint_from_json
from deploy.engines.embedded.view import StackState

_VERSION = 3
_UNUSED_SALT = "v1::"
"""Stands where a salt does: an export with readable secrets has none to decrypt."""


def state_of_export(export: Deployment, name: str) -> StackState:
    """Return the state in what `pulumi stack export --show-secrets` answered.

    `name` is for messages. Raises StateError for an export in another format.
    """
    content: Mapping[str, Any] = export.deployment or {}
    if export.version != _VERSION:
        raise StateError(
            f"the state of {name} has version {export.version}, expected {_VERSION}: "
            "use a version of the Pulumi CLI that this repository is tested with"
        )
    try:
        modified = datetime.fromisoformat(content["manifest"]["time"])
        checkpoint = checkpoint_from_json(content, Encryption("", _UNUSED_SALT))
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"the state of {name} is damaged ({error!r})") from error
    return StackState.of(checkpoint, modified.astimezone(UTC))
