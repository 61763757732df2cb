"""What the tests of the databases share."""

from dataclasses import dataclass
from pathlib import Path

from localcloud.databases import (
    CertificateAuthority,
    ConnectionSettings,
    DatabaseServers,
    Endpoint,
)

MASTER = "payments_master"
PASSWORD = 'it\'s a "secret" \\ with everything'
DATABASE = "payments"
LOGICAL = {"rds.logical_replication": "1"}


@dataclass(frozen=True)
class Service:
    """A running service, its authority, and where the two clusters and the reader listen."""

    folder: Path
    servers: DatabaseServers
    authority: CertificateAuthority
    certificate_file: Path
    source: Endpoint
    target: Endpoint
    reader: Endpoint

    def settings(
        self, endpoint: Endpoint, *, password: str = PASSWORD, dbname: str = DATABASE
    ) -> ConnectionSettings:
        return ConnectionSettings(
            host=endpoint.host,
            port=endpoint.port,
            dbname=dbname,
            user=MASTER,
            password=password,
            sslrootcert=self.certificate_file,
        )


def create(
    servers: DatabaseServers, identifier: str, version: str, parameters: dict[str, str]
) -> Endpoint:
    return servers.create_cluster(
        identifier,
        engine_version=version,
        database_name=DATABASE,
        master_username=MASTER,
        master_password=PASSWORD,
        parameters=parameters,
    )
