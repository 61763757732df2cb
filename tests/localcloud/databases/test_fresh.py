"""Data directories made ahead: each used once, and never without an identity of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.databases import CertificateAuthority, DatabaseServers
from localcloud.databases.account import server_account
from localcloud.databases.binaries import postgres_17
from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.fresh import FreshData
from localcloud.databases.host import Host
from localcloud.databases.workspace import Workspace
from tests.localcloud.databases.support import create

pytestmark = pytest.mark.postgres


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "postgres", server_account())
    yield workspace
    workspace.close()


@pytest.fixture
def fresh(workspace: Workspace) -> Iterator[FreshData]:
    with ThreadPoolExecutor(max_workers=1) as launcher:
        host = Host(server_account(), workspace.sockets, launcher)
        yield FreshData(host, workspace.clusters / ".fresh")


def identity(data: Path) -> bytes:
    """Return the system identifier, the first eight bytes of the control file."""
    return (data / "global" / "pg_control").read_bytes()[:8]


def places(workspace: Workspace, *names: str) -> list[Path]:
    """Return data directories to be, in a cluster's folder that the servers' account owns."""
    folder = workspace.clusters / "cluster"
    folder.mkdir()
    server_account().own(folder)
    return [folder / name for name in names]


def test_what_is_ahead_is_used_once(fresh: FreshData, workspace: Workspace) -> None:
    first, second = places(workspace, "first", "second")
    fresh.prepare(postgres_17())
    (ahead,) = (workspace.clusters / ".fresh").iterdir()
    was = ahead.stat().st_ino
    fresh.take(postgres_17(), first)
    assert first.stat().st_ino == was
    assert not ahead.exists()
    fresh.take(postgres_17(), second)
    assert identity(first) != identity(second)
    assert (second / "PG_VERSION").read_text().strip() == "17"


def test_preparing_twice_makes_one(fresh: FreshData, workspace: Workspace) -> None:
    fresh.prepare(postgres_17())
    (ahead,) = (workspace.clusters / ".fresh").iterdir()
    was = identity(ahead)
    fresh.prepare(postgres_17())
    assert identity(ahead) == was


def test_what_initdb_says_of_a_failure_is_told(fresh: FreshData, workspace: Workspace) -> None:
    (occupied,) = places(workspace, "occupied")
    occupied.mkdir()
    (occupied / "file").touch()
    with pytest.raises(DatabaseServerError, match=r"(?s)initdb failed: .*not empty"):
        fresh.take(postgres_17(), occupied)


def test_a_prepared_service_makes_clusters_of_every_version(tmp_path: Path) -> None:
    servers = DatabaseServers(tmp_path / "postgres", CertificateAuthority.create(tmp_path / "ca"))
    try:
        servers.prepare()
        ahead = {folder.name for folder in (tmp_path / "postgres/clusters/.fresh").iterdir()}
        create(servers, "source", "16.6", {})
        create(servers, "target", "17.4", {})
        left = list((tmp_path / "postgres/clusters/.fresh").iterdir())
    finally:
        servers.stop_all()
    assert ahead == {"17.10", "18.1"}
    assert left == []
