"""What can go wrong in the provider, and how AWS's own errors are put into words.

* ProviderError: everything below; its message is fit for the person who deploys.
  * UnsupportedError: a type, function, property or setting that this provider does not have.
  * RefusedRequestError: AWS (or the laptop cloud) refused an operation.
  * StateTimeoutError: a resource did not reach the awaited state in time.
  * PartialCreationError: a resource exists, but a later step of its creation failed.
"""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

_GONE = re.compile(
    r"NotFound(Fault|Exception|Error)?$|^NoSuch|NonExistent|DoesNotExist|^404$|\.NotFound$|^NotFound"
)


class ProviderError(Exception):
    """Base of every error that the provider reports to the engine."""


class UnsupportedError(ProviderError):
    """Something that this provider does not implement, said by name."""


class RefusedRequestError(ProviderError):
    """AWS refused an operation; the message has its code, its words and the operation."""

    def __init__(self, service: str, operation: str, error: ClientError) -> None:
        detail = error.response.get("Error", {})
        self.code: str = detail.get("Code", "Unknown")
        self.operation = operation
        super().__init__(f"{service} {operation}: {self.code}: {detail.get('Message', error)}")

    @property
    def gone(self) -> bool:
        """Whether the service says that the thing does not exist (any more)."""
        return _GONE.search(self.code) is not None


class StateTimeoutError(ProviderError):
    """A resource did not reach the awaited state; the message says which, and how long it took."""


class PartialCreationError(ProviderError):
    """A resource was created, but a later step failed: the engine has to remember it.

    ``properties`` are the outputs known so far, in Pulumi's names.
    """

    def __init__(self, resource_id: str, properties: Mapping[str, Any], reason: str) -> None:
        self.resource_id = resource_id
        self.properties = dict(properties)
        super().__init__(reason)
