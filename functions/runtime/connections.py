"""A connection to a PostgreSQL server: TLS with a verified server, and errors without values.

Sources: PostgreSQL manual, "Client Connection Defaults" (statement_timeout) and "Secure TCP/IP
Connections with SSL"; Aurora user guide, "Using SSL/TLS to encrypt a connection to a DB cluster"
(verify the host name against the region's CA bundle); pg8000's `native` interface.
"""

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pg8000.exceptions
from pg8000.native import Connection

from functions.runtime.errors import DatabaseError, SideUnavailableError, refusal

CONNECT_TIMEOUT_SECONDS = 2.0
SOCKET_MARGIN_SECONDS = 1.0
"""Waited beyond the statement time-out, so that the server is the one that ends a statement."""


@dataclass(frozen=True)
class Server:
    """Where a cluster is reached, and the database on it."""

    host: str
    port: int
    database: str


def open_connection(
    server: Server,
    login: Mapping[str, str],
    authority: str | None,
    *,
    application_name: str,
    statement_timeout: float,
) -> Connection:
    """Connect as `login` (`username`, `password`), trusting only the PEM bundle `authority`.

    Without a bundle the authorities of the operating system are trusted. The server ends any
    statement after `statement_timeout` seconds, and its time zone is UTC. Raises what pg8000
    raises, OSError, and ssl.SSLCertVerificationError: see `translated`.
    """
    connected = socket.create_connection((server.host, server.port), CONNECT_TIMEOUT_SECONDS)
    connected.settimeout(statement_timeout + SOCKET_MARGIN_SECONDS)
    try:
        return Connection(
            login["username"],
            host=server.host,
            port=server.port,
            database=server.database,
            password=login["password"],
            ssl_context=ssl.create_default_context(cadata=authority),
            sock=connected,
            application_name=application_name,
            startup_params={
                "statement_timeout": f"{statement_timeout * 1000:.0f}",
                "TimeZone": "UTC",
            },
        )
    except BaseException:
        connected.close()
        raise


def close_connection(connection: Connection) -> None:
    """Close a connection, whatever state it is in."""
    with contextlib.suppress(OSError, pg8000.exceptions.InterfaceError):
        connection.close()


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise DatabaseError for what pg8000 raises, without its values and its chain.

    ssl.SSLCertVerificationError goes through: a caller may have a newer bundle to try.
    """
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except pg8000.exceptions.Error as error:
        raise _translate(error) from None
    except OSError as error:
        raise SideUnavailableError(f"no connection: {type(error).__name__}") from None


def _translate(error: BaseException) -> DatabaseError:
    """Find what the server said; pg8000 hides it when the connection also breaks on closing."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, pg8000.exceptions.DatabaseError) and isinstance(cause.args[0], dict):
            fields = cause.args[0]
            objects = [fields[key] for key in "stcn" if key in fields]
            return refusal(fields.get("C", "XX000"), objects)
        cause = cause.__context__
    return SideUnavailableError("the connection is lost")
