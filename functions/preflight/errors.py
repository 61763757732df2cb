"""Errors of the preflight that are not a database's answer.

    FunctionError
    └── PreflightError
        └── UnusableInputError   the request or the set-up is at fault: repeating it is no use

What the preflight finds is no error: it is the answer. A side that cannot be reached is a
functions.runtime.errors.DatabaseError.
"""

from functions.runtime.errors import FunctionError


class PreflightError(FunctionError):
    """Base of the errors of the preflight."""


class UnusableInputError(PreflightError):
    """The request or the set-up is at fault; the message says what to change."""
