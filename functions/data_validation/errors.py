"""Errors of data validation that are not a database's answer.

    FunctionError
    └── ValidationError
        ├── UnusableInputError   what was asked for cannot be compared at all
        └── CheckpointError      a checkpoint cannot be read, written or understood

A database's own failures are functions.runtime.errors.DatabaseError.
"""

from functions.runtime.errors import FunctionError


class ValidationError(FunctionError):
    """Base of the errors of data validation."""


class UnusableInputError(ValidationError):
    """What was asked for cannot be compared; the message says what to change."""


class CheckpointError(ValidationError):
    """A checkpoint cannot be read, written or understood."""
