"""What both drivers' sessions do alike: their first statement, and coming back after a loss.

The settings are made by a statement and not in the start-up packet: poolers refuse start-up
parameters that they do not know, and a user's own settings are overridden for certain.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.sessions import LOWEST_VERSION, SETTINGS
from functions.runtime.errors import SideUnavailableError

STATEMENT_TIMEOUT_SECONDS = 30.0
_VERSION_UNIT = 10_000
"""`server_version_num` is the major version times this, plus the minor (manual, "Preset")."""

NATIVE_TYPES = {
    "bool": 16,
    "bytea": 17,
    "name": 19,
    "int8": 20,
    "int2": 21,
    "int4": 23,
    "text": 25,
    "oid": 26,
    "float4": 700,
    "float8": 701,
    "bool[]": 1000,
    "name[]": 1003,
    "int2[]": 1005,
    "int4[]": 1007,
    "text[]": 1009,
    "int8[]": 1016,
    "varchar": 1043,
    "numeric": 1700,
}
"""Types whose results are Python values, by OID (pg_type.dat). All others are the server's text.

Drivers differ in what they make of the others (intervals, infinite dates, json), and what is
compared is what the server says.
"""


class Connection(Protocol):
    """An open connection of some driver. Failures are functions.runtime.errors.DatabaseError."""

    def execute(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement, and return its rows."""
        ...

    def close(self) -> None:
        """Close it; never fails."""
        ...


class ReconnectingSession:
    """A sessions.Session over connections of one driver.

    A connection that is lost takes its transaction with it: the statement's caller learns that
    by SideUnavailableError, and has to begin anew.
    """

    def __init__(self, connect: Callable[[], Connection], statement_timeout: float) -> None:
        """Connect by `connect`; raises what it raises, and UnusableInputError for old servers."""
        self._connect = connect
        self._settings = {**SETTINGS, "statement_timeout": f"{statement_timeout * 1000:.0f}"}
        self._connection: Connection | None = self._opened()

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; see sessions.Session."""
        if self._connection is None:
            self._connection = self._opened()
        try:
            return self._connection.execute(statement, parameters)
        except SideUnavailableError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> Connection:
        connection = self._connect()
        try:
            require_version(int(connection.execute("SHOW server_version_num", ())[0][0]))
            connection.execute(
                "SELECT pg_catalog.set_config(name, value, false)"
                " FROM unnest($1::text[], $2::text[]) AS setting (name, value)",
                [list(self._settings), list(self._settings.values())],
            )
        except BaseException:
            connection.close()
            raise
        return connection


def require_version(version: int) -> None:
    """Raise UnusableInputError for a server whose text output cannot be relied upon."""
    if version < LOWEST_VERSION * _VERSION_UNIT:
        major, minor = divmod(version, _VERSION_UNIT)
        raise UnusableInputError(
            f"the server is PostgreSQL {major}.{minor}; {LOWEST_VERSION} or later is needed"
        )
