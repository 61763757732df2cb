"""Sessions of the command line, whose driver is psycopg: libpq's own ways to find a server.

What libpq knows is supported: URLs and key words, the environment, service and password files,
several hosts, client certificates, `sslmode` (PostgreSQL manual, "libpq - C Library").
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import make_conninfo
from psycopg.types.string import TextLoader

from functions.data_validation.session_start import (
    NATIVE_TYPES,
    STATEMENT_TIMEOUT_SECONDS,
    ReconnectingSession,
)
from functions.data_validation.sessions import APPLICATION_NAME
from functions.runtime.errors import DatabaseError, SideUnavailableError, refusal
from validation.connection_url import label, parse, redacted

CANCEL_SECONDS = 5.0


class PsycopgSession(ReconnectingSession):
    """A session whose running statement another thread can end."""

    def __init__(self, parameters: Mapping[str, str], statement_timeout: float) -> None:
        """Connect by libpq's parameters; raises as `connect` does."""
        self._parameters = parameters
        self._current: psycopg.Connection[tuple[Any, ...]] | None = None
        super().__init__(self._connected, statement_timeout)

    def cancel(self) -> None:
        """Ask the server to end the statement that runs, if any; safe in any thread."""
        connection = self._current
        if connection is not None and not connection.closed:
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=CANCEL_SECONDS)

    def _connected(self) -> "_PsycopgConnection":
        try:
            self._current = psycopg.Connection.connect(
                make_conninfo(**self._parameters),
                autocommit=True,
                prepare_threshold=None,
                cursor_factory=psycopg.RawCursor,
                context=_adapters(),
            )
        except psycopg.Error as error:
            reason = redacted(str(error), self._parameters)
            raise SideUnavailableError(
                f"cannot connect to {label(self._parameters)}: {reason}"
            ) from None
        return _PsycopgConnection(self._current)


def connect(
    url: str,
    *,
    option: str = "the URL",
    statement_timeout: float = STATEMENT_TIMEOUT_SECONDS,
    application_name: str = APPLICATION_NAME,
) -> PsycopgSession:
    """Return a session on the database that a connection string names.

    The server ends any statement after `statement_timeout` seconds. An application name in the
    string is kept. Raises UnusableInputError, which names `option`, for a malformed string or a
    server that is too old; SideUnavailableError, with what libpq says, when nobody lets us in.
    """
    given = parse(url, option)
    parameters = {"fallback_application_name": application_name, **given}
    return PsycopgSession(parameters, statement_timeout)


class _PsycopgConnection:
    """session_start.Connection over psycopg."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a statement; psycopg takes SQL that is put together as bytes only."""
        try:
            cursor = self._connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _translated(error, self._connection) from None

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def _adapters() -> AdaptersMap:
    """Return adapters that leave every type but the native ones as the server's text."""
    adapters = AdaptersMap(psycopg.adapters)
    known = {oid for info in psycopg.adapters.types for oid in (info.oid, info.array_oid) if oid}
    for oid in known.difference(NATIVE_TYPES.values()):
        adapters.register_loader(oid, TextLoader)
    return adapters


def _translated(error: psycopg.Error, connection: psycopg.Connection[Any]) -> DatabaseError:
    """Return what a failure means; psycopg's own message quotes values."""
    if error.sqlstate is None or connection.broken:
        return SideUnavailableError("the connection is lost", error.sqlstate)
    diagnosis = error.diag
    names = (
        diagnosis.schema_name,
        diagnosis.table_name,
        diagnosis.column_name,
        diagnosis.constraint_name,
    )
    return refusal(error.sqlstate, [name for name in names if name])
