"""Real PostgreSQL servers on this machine that stand in for Aurora clusters."""

from localcloud.databases.certificates import CertificateAuthority
from localcloud.databases.connection import ConnectionSettings, Endpoint
from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.servers import DatabaseServers

__all__ = [
    "CertificateAuthority",
    "ConnectionSettings",
    "DatabaseServerError",
    "DatabaseServers",
    "Endpoint",
]
