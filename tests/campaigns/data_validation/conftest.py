"""Two real clusters for the campaigns of data validation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.databases import CertificateAuthority, DatabaseServers, Endpoint
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.support import DATABASE, MASTER, Clusters


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    """Start both clusters, once for all campaigns."""
    folder = tmp_path_factory.mktemp("clusters")
    authority = CertificateAuthority.create(folder / "ca")
    authority_file = folder / "bundle.pem"
    authority_file.write_text(authority.pem)
    servers = DatabaseServers(folder / "postgres", authority)

    def start(side: str, version: str) -> Endpoint:
        return servers.create_cluster(
            side,
            engine_version=version,
            database_name=DATABASE,
            master_username=MASTER["username"],
            master_password=MASTER["password"],
            parameters={},
        )

    try:
        with ThreadPoolExecutor() as pool:
            source = pool.submit(start, "source", "16.6")
            target = pool.submit(start, "target", "17.4")
            yield Clusters(source.result(), target.result(), authority, authority_file)
    finally:
        servers.stop_all()


@pytest.fixture
def databases(clusters: Clusters) -> Iterator[Databases]:
    """Yield two empty databases."""
    with fresh_databases(clusters) as databases:
        yield databases
