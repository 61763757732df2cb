"""Errors that functions share, and what a PostgreSQL error code means to a caller.

Messages carry the SQLSTATE and the names of schema objects, never values: PostgreSQL quotes the
failing row in its detail, and that must not reach a log (manual, appendix "PostgreSQL Error
Codes"; section "Message Formats" of the protocol for the error fields).

    FunctionError
    ├── SettingsError          the environment lacks a variable, or has a malformed one
    ├── SecretError            a secret cannot be read or lacks a key
    ├── RouteError             the route parameter cannot be read or makes no sense
    └── DatabaseError          anything a database answered, or failed to answer
        ├── SideFencedError         this side takes no such statement now: another side may
        ├── SideUnavailableError    no connection, or it was lost: the outcome may be unknown
        ├── ContendedError          a lock, a deadlock or the statement time-out: repeat it
        └── LoginFailedError        the server does not accept these credentials
"""

from collections.abc import Sequence


class FunctionError(Exception):
    """Base of every expected error in the functions."""


class SettingsError(FunctionError):
    """The environment does not have what the function needs."""


class SecretError(FunctionError):
    """A secret cannot be read, or is not a JSON object with the expected keys."""


class RouteError(FunctionError):
    """The route cannot be read, or is not `{"active": "source"|"target", "epoch": int}`."""


class DatabaseError(FunctionError):
    """A statement failed; `sqlstate` is PostgreSQL's five-character code, None without one."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message if sqlstate is None else f"{message} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


class SideFencedError(DatabaseError):
    """The side refuses the statement: it is read-only, or privileges are revoked."""


class SideUnavailableError(DatabaseError):
    """No connection could be made, or it broke: whether the statement took effect is unknown."""


class ContendedError(DatabaseError):
    """The statement gave way to others and had no effect; the same statement may now succeed."""


class LoginFailedError(DatabaseError):
    """The server refused the role or its password."""


_BY_SQLSTATE: dict[str, type[DatabaseError]] = {
    "25006": SideFencedError,  # read_only_sql_transaction
    "42501": SideFencedError,  # insufficient_privilege
    "28000": LoginFailedError,  # invalid_authorization_specification
    "28P01": LoginFailedError,  # invalid_password
    "25P03": SideUnavailableError,  # idle_in_transaction_session_timeout
    "40001": ContendedError,  # serialization_failure
    "40P01": ContendedError,  # deadlock_detected
    "55P03": ContendedError,  # lock_not_available
    "57014": ContendedError,  # query_canceled, which statement_timeout raises
}
_BY_CLASS: dict[str, type[DatabaseError]] = {
    "08": SideUnavailableError,  # connection exception
    "53": SideUnavailableError,  # insufficient resources, such as too_many_connections
    "57": SideUnavailableError,  # operator intervention: shutdown, start-up, dropped database
    "58": SideUnavailableError,  # system error
}


def classify(sqlstate: str) -> type[DatabaseError]:
    """Return the error that a SQLSTATE stands for; DatabaseError itself when it has no meaning."""
    return _BY_SQLSTATE.get(sqlstate) or _BY_CLASS.get(sqlstate[:2], DatabaseError)


def refusal(sqlstate: str, objects: Sequence[str]) -> DatabaseError:
    """Return the error for what a server answered, which names the schema objects involved."""
    message = f"the database refused {'.'.join(objects) or 'a statement'}"
    return classify(sqlstate)(message, sqlstate)
