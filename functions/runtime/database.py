"""Sessions on both clusters: one warm connection per side, for statements that are brief."""

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

from pg8000.native import Connection

from functions.runtime.connections import (
    SOCKET_MARGIN_SECONDS,
    Server,
    close_connection,
    open_connection,
    translated,
)
from functions.runtime.errors import DatabaseError, LoginFailedError, SideUnavailableError
from functions.runtime.route import Side
from functions.runtime.secrets import SecretReader

__all__ = [
    "CHECK_AFTER_IDLE_SECONDS",
    "SOCKET_MARGIN_SECONDS",
    "STATEMENT_TIMEOUT_SECONDS",
    "Server",
    "Session",
    "SideSessions",
]

STATEMENT_TIMEOUT_SECONDS = 2.0
CHECK_AFTER_IDLE_SECONDS = 10.0
"""A connection idle for longer is tried before it is trusted; Lambda freezes idle workers."""


class Session:
    """One connection. Every failure is a DatabaseError; a session that lost its server is closed.

    Statements outside an explicit BEGIN are transactions of their own.
    """

    def __init__(
        self,
        server: Server,
        login: Mapping[str, str],
        authority: str,
        *,
        application_name: str,
        statement_timeout: float = STATEMENT_TIMEOUT_SECONDS,
    ) -> None:
        """Connect as `login` (`username`, `password`), trusting only the PEM bundle `authority`.

        The server ends any statement after `statement_timeout` seconds. Raises
        SideUnavailableError or LoginFailedError, and ssl.SSLCertVerificationError when the
        server's certificate is not signed by the authority or names another host.
        """
        with translated():
            self._connection: Connection | None = open_connection(
                server,
                login,
                authority,
                application_name=application_name,
                statement_timeout=statement_timeout,
            )

    @property
    def closed(self) -> bool:
        """Whether the session can run no more statements."""
        return self._connection is None

    def run(self, statement: str, **parameters: Any) -> list[list[Any]]:
        """Run a statement with `:name` parameters; return its rows, empty if it gives none."""
        if self._connection is None:
            raise SideUnavailableError("the session is closed")
        try:
            with translated():
                return self._connection.run(statement, **parameters) or []
        except SideUnavailableError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            close_connection(connection)


class SideSessions:
    """The warm session of each side, made on first use and again when it turns out to be dead."""

    def __init__(
        self,
        servers: Mapping[Side, Server],
        secrets: SecretReader,
        *,
        login_secret: str,
        authority_secret: str,
        application_name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the login and the CA bundle from two secrets, given by ARN."""
        self._servers = servers
        self._secrets = secrets
        self._login_secret = login_secret
        self._authority_secret = authority_secret
        self._application_name = application_name
        self._clock = clock
        self._sessions: dict[Side, Session] = {}
        self._used_at: dict[Side, float] = {}

    def session(self, side: Side) -> Session:
        """Return an open session on a side.

        Raises SideUnavailableError or LoginFailedError when none can be made. One attempt is
        made with what is cached, and one more with fresh secrets if they seem to have changed.
        """
        session = self._sessions.get(side)
        if session is None or session.closed or not self._alive(side, session):
            session = self._connect(side)
            self._sessions[side] = session
        self._used_at[side] = self._clock()
        return session

    def close(self) -> None:
        """Close every session."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _alive(self, side: Side, session: Session) -> bool:
        if self._clock() - self._used_at[side] < CHECK_AFTER_IDLE_SECONDS:
            return True
        try:
            session.run("SELECT 1")
        except DatabaseError:
            session.close()
            return False
        return True

    def _connect(self, side: Side) -> Session:
        try:
            return self._open(side, force_fetch=False)
        except (LoginFailedError, ssl.SSLCertVerificationError):
            pass
        try:
            return self._open(side, force_fetch=True)
        except ssl.SSLCertVerificationError as error:
            raise SideUnavailableError(
                f"the certificate of the {side} is not trusted: {error.verify_message}"
            ) from None

    def _open(self, side: Side, *, force_fetch: bool) -> Session:
        login = self._secrets.read(
            self._login_secret, ("username", "password"), force_fetch=force_fetch
        )
        authority = self._secrets.read(self._authority_secret, ("pem",), force_fetch=force_fetch)
        return Session(
            self._servers[side],
            login,
            authority["pem"],
            application_name=self._application_name,
        )
