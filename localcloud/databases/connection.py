"""How to reach one database as one user, over verified TLS."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True)
class ConnectionSettings:
    """A PostgreSQL connection; ``sslrootcert`` is the PEM bundle that verifies the server.

    The field names are libpq's own (PostgreSQL manual, "Parameter Key Words").
    """

    host: str
    port: int
    dbname: str
    user: str
    password: str
    sslrootcert: Path

    def connect(self, *, autocommit: bool = False) -> "psycopg.Connection":
        """Open a connection with ``sslmode=verify-full``; raises psycopg.OperationalError."""
        import psycopg  # takes a sixth of a second, and the daemon needs none to start

        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=self.dbname,
            user=self.user,
            password=self.password,
            sslmode="verify-full",
            sslrootcert=str(self.sslrootcert),
            autocommit=autocommit,
        )
