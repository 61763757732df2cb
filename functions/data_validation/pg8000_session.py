"""Sessions of Lambda, whose driver is pg8000: pure Python, nothing to compile for the platform."""

import ssl
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pg8000.converters import PG_TYPES
from pg8000.native import Connection

from functions.data_validation.session_start import (
    NATIVE_TYPES,
    STATEMENT_TIMEOUT_SECONDS,
    ReconnectingSession,
)
from functions.data_validation.sessions import APPLICATION_NAME, Session
from functions.runtime.connections import close_connection, open_connection, translated
from functions.runtime.database import Server
from functions.runtime.errors import SideUnavailableError


def connect(
    server: Server,
    login: Mapping[str, str],
    authority_pem: str | None,
    *,
    statement_timeout: float = STATEMENT_TIMEOUT_SECONDS,
    application_name: str = APPLICATION_NAME,
) -> Session:
    """Return a session as `login` (`username`, `password`) over TLS that `authority_pem` verifies.

    Without a bundle the authorities of the operating system are trusted. The server ends any
    statement after `statement_timeout` seconds. Raises SideUnavailableError, LoginFailedError,
    and UnusableInputError for a server that is too old.
    """

    def opened() -> "_Pg8000Connection":
        try:
            with translated():
                return _Pg8000Connection(
                    open_connection(
                        server,
                        login,
                        authority_pem,
                        application_name=application_name,
                        statement_timeout=statement_timeout,
                    )
                )
        except ssl.SSLCertVerificationError as error:
            raise SideUnavailableError(
                f"the certificate of {server.host} is not trusted: {error.verify_message}"
            ) from None

    return ReconnectingSession(opened, statement_timeout)


class _Pg8000Connection:
    """session_start.Connection over pg8000's protocol layer, which speaks `$1` itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        native = {oid: PG_TYPES[oid] for oid in NATIVE_TYPES.values()}
        connection.pg_types = defaultdict(lambda: str, native)

    def execute(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement; without parameters in one round trip."""
        with translated():
            if parameters:
                context = self._connection.execute_unnamed(statement, parameters)
            else:
                context = self._connection.execute_simple(statement)
        return [tuple(row) for row in context.rows or ()]

    def close(self) -> None:
        """Close it."""
        close_connection(self._connection)
