"""A connection on which each message is one transaction with a bound of its own.

Statements go as simple queries: several of them in one message are one round trip and one
transaction (PostgreSQL manual, "Multiple Statements in a Simple Query"), which the server rolls
back whole if one fails or the connection is lost before it has the message. So no transaction is
ever open between two messages, whenever this process dies.
"""

import ssl
from collections.abc import Mapping
from typing import Any, Protocol

from pg8000.native import Connection, identifier, literal

from functions.runtime.connections import (
    SOCKET_MARGIN_SECONDS,
    Server,
    close_connection,
    open_connection,
    translated,
)
from functions.runtime.errors import SideUnavailableError

APPLICATION_NAME = "cutover"
ORDINARY_SECONDS = 5.0
"""For statements that nobody waits for."""

_SETTINGS = {
    # No object of a user's schema stands in for a built-in; names in output are qualified.
    "search_path": "",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    # The decision must survive a crash of the server.
    "synchronous_commit": "on",
    "row_security": "off",
    "jit": "off",
    "client_min_messages": "warning",
    # A worker that is gone or frozen loses its session, and with it the lock, in bounded time.
    "idle_session_timeout": "60000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
"""Those that the server does not know (idle_session_timeout before 14) are left out."""

_CONFIGURE = """
SELECT pg_catalog.set_config(known.name, wanted.value, false) FROM pg_catalog.pg_settings AS known
  JOIN (VALUES {wanted}) AS wanted (name, value) ON wanted.name = known.name
"""


class Session(Protocol):
    """One connection to one side. Failures are functions.runtime.errors.DatabaseError."""

    @property
    def closed(self) -> bool:
        """Whether it can run no more statements."""
        ...

    def run(self, statements: str, seconds: float = ORDINARY_SECONDS) -> list[list[Any]]:
        """Run statements as one transaction, each for at most `seconds`; return all their rows.

        A session whose connection is lost is closed; whether the transaction was committed is
        unknown then.
        """
        ...

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        ...


class Pg8000Session:
    """A Session over pg8000, whose simple queries are one round trip."""

    def __init__(self, server: Server, login: Mapping[str, str], authority: str) -> None:
        """Connect as `login` (`username`, `password`), trusting only the PEM bundle `authority`.

        Raises SideUnavailableError or LoginFailedError.
        """
        try:
            with translated():
                self._connection: Connection | None = open_connection(
                    server,
                    login,
                    authority,
                    application_name=APPLICATION_NAME,
                    statement_timeout=ORDINARY_SECONDS,
                )
        except ssl.SSLCertVerificationError as error:
            raise SideUnavailableError(
                f"the certificate of {server.host} is not trusted: {error.verify_message}"
            ) from None
        self._configure()

    @property
    def closed(self) -> bool:
        """Whether it can run no more statements."""
        return self._connection is None

    def run(self, statements: str, seconds: float = ORDINARY_SECONDS) -> list[list[Any]]:
        """Run statements as one transaction; see Session."""
        if self._connection is None:
            raise SideUnavailableError("the session is closed")
        message = f"SET LOCAL statement_timeout = {milliseconds(seconds)}; {statements}"
        # pg8000 offers no other way to bound the wait for a server that has fallen silent.
        self._connection._usock.settimeout(seconds + SOCKET_MARGIN_SECONDS)  # noqa: SLF001
        try:
            with translated():
                return self._connection.execute_simple(message).rows or []
        except SideUnavailableError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_connection(connection)

    def _configure(self) -> None:
        wanted = ", ".join(
            f"({literal(name)}, {literal(value)})" for name, value in _SETTINGS.items()
        )
        try:
            self.run(_CONFIGURE.format(wanted=wanted))
        except BaseException:
            self.close()
            raise


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, at least 1: PostgreSQL takes 0 for no limit."""
    return max(1, round(seconds * 1000))


def qualified(schema: str, name: str) -> str:
    """Return a relation's name as SQL has it."""
    return f"{identifier(schema)}.{identifier(name)}"


def block(body: str) -> str:
    """Return PL/pgSQL statements as one statement, whatever quotes are in them."""
    return f"DO {literal(f'BEGIN {body} END')}"
