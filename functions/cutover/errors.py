"""Errors of the cutover that are not a database's answer.

    FunctionError
    └── CutoverError
        ├── UnusableInputError   the request or the set-up is at fault: repeating it is no use
        ├── UnsettledError       nobody can say where the traffic is: call settle again
        └── AttemptEndedError    an attempt to cut over ended before the decision, to be undone

Only the first two leave the function. A database's own failures are
functions.runtime.errors.DatabaseError.
"""

import contextlib
from collections.abc import Iterator

from functions.runtime.errors import (
    ContendedError,
    DatabaseError,
    FunctionError,
    LoginFailedError,
    RouteError,
    SecretError,
    SideUnavailableError,
)
from functions.runtime.route import Side

SIDE_CHANGED = "MV001"
PRIVILEGES_CHANGED = "MV002"
TABLES_REWRITTEN = "MV003"
"""SQLSTATEs that this function's own statements raise; no class of PostgreSQL's begins with MV."""

_PASSING: tuple[type[DatabaseError], ...] = (
    SideUnavailableError,
    ContendedError,
    LoginFailedError,
)
_PASSING_SQLSTATES = frozenset({SIDE_CHANGED, PRIVILEGES_CHANGED, "XX000"})
"""XX000 is what GRANT raises when another one changes the same object ("tuple concurrently
updated")."""


class CutoverError(FunctionError):
    """Base of the errors of the cutover."""


class UnusableInputError(CutoverError):
    """The request or the set-up is at fault; the message says what to change."""


class UnsettledError(CutoverError):
    """A side or Parameter Store did not answer as needed: settle has to be called again."""

    def __init__(self, message: str, unreachable: Side | None = None) -> None:
        """Name the side that did not answer, if it was one."""
        super().__init__(message)
        self.unreachable = unreachable


class AttemptEndedError(CutoverError):
    """An attempt ended before its decision; the message is the reason that is reported."""


def is_passing(error: FunctionError) -> bool:
    """Return whether the same call may succeed later, with nothing changed by anybody."""
    if isinstance(error, DatabaseError):
        return isinstance(error, _PASSING) or error.sqlstate in _PASSING_SQLSTATES
    return isinstance(error, RouteError | SecretError)


def public(error: FunctionError) -> CutoverError:
    """Return the error by which a caller of the function learns of this one."""
    if isinstance(error, UnusableInputError | UnsettledError):
        return error
    if is_passing(error):
        return UnsettledError(str(error))
    return UnusableInputError(str(error))


@contextlib.contextmanager
def made_public() -> Iterator[None]:
    """Raise UnusableInputError or UnsettledError for every expected error."""
    try:
        yield
    except FunctionError as error:
        raise public(error) from None
