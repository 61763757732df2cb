"""Two clusters of different majors, one with a reader, which the tests of this folder share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.databases import CertificateAuthority, DatabaseServers
from tests.localcloud.databases.support import LOGICAL, Service, create


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    private = tmp_path_factory.mktemp("private")
    private.chmod(0o700)
    authority = CertificateAuthority.create(private / "ca")
    servers = DatabaseServers(private / "postgres", authority)
    try:
        with ThreadPoolExecutor() as pool:
            source = pool.submit(create, servers, "source", "16.6", LOGICAL)
            target = pool.submit(create, servers, "target", "17.4", LOGICAL)
            source.result()
            reader = pool.submit(servers.add_reader, "source", "source-reader")
            yield Service(
                private / "postgres",
                servers,
                authority,
                private / "ca" / "ca.pem",
                source.result(),
                target.result(),
                reader.result(),
            )
    finally:
        servers.stop_all()
