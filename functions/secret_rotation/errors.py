"""Errors of rotations. Each leaves the credential that is current as usable as it was.

    FunctionError
    ├── SecretError
    │   └── PromotionRefusedError  Secrets Manager did not move the label, and says so
    └── RotationError
        ├── RotationRefusedError   somebody has to change something before this can go on
        └── LoginUnusableError     the new login does not have what the current one has

Messages name roles, secrets and objects of the schema, never a password.
"""

from functions.runtime.errors import FunctionError, SecretError


class RotationError(FunctionError):
    """Base of the errors of rotations."""


class RotationRefusedError(RotationError):
    """The rotation must not go on as things are; the message says what to change."""


class LoginUnusableError(RotationError):
    """The new login works less well than the current one, so it does not take its place."""


class PromotionRefusedError(SecretError):
    """The new version did not become the current one, which is known for sure."""
