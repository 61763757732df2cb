"""One side of a replication: where its server is, and how DMS's endpoint reaches it.

The SSL modes are DMS's ("Using SSL with AWS Database Migration Service"); each is the mode of the
same meaning of libpq (PostgreSQL manual, "Protection Provided in Different Modes").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from localcloud.replication.errors import UnreachableError

SSL_MODES: Mapping[str, str] = {
    "none": "disable",
    "require": "require",
    "verify-ca": "verify-ca",
    "verify-full": "verify-full",
}
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """An endpoint's settings. ``root_certificate`` is what the two verifying modes trust."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ssl_mode: str = "none"
    root_certificate: Path | None = None

    @property
    def conninfo(self) -> str:
        """The connection string, for a subscription as well: it contains the password."""
        verifies = self.ssl_mode.startswith("verify") and self.root_certificate is not None
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=self.password,
            sslmode=SSL_MODES[self.ssl_mode],
            connect_timeout=CONNECT_SECONDS,
            sslrootcert=str(self.root_certificate) if verifies else None,
        )

    def connect(self) -> psycopg.Connection:
        """Open an autocommit connection whose statements are bounded in time.

        Raises UnreachableError with the driver's message, which has no password in it.
        """
        try:
            return psycopg.connect(
                self.conninfo,
                autocommit=True,
                application_name="aws-dms",
                options=f"-c statement_timeout={STATEMENT_SECONDS}s",
            )
        except psycopg.OperationalError as error:
            raise UnreachableError(str(error).strip()) from error
