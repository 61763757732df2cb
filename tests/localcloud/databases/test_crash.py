"""What survives the death of a server process; fsync is off, so this needs a proof."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localcloud.databases import CertificateAuthority
from localcloud.databases.account import server_account
from localcloud.databases.binaries import distribution_for
from localcloud.databases.cluster import Cluster
from localcloud.databases.fresh import FreshData
from localcloud.databases.host import Host
from localcloud.databases.workspace import Workspace

pytestmark = pytest.mark.postgres


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    account = server_account()
    workspace = Workspace(tmp_path / "postgres", account)
    launcher = ThreadPoolExecutor(max_workers=1)
    host = Host(account, workspace.sockets, launcher)
    cluster = Cluster(
        "crashing",
        host=host,
        fresh=FreshData(host, workspace.clusters / ".fresh"),
        distribution=distribution_for("16.6"),
        folder=workspace.clusters / "crashing",
        logs=workspace.logs,
        parameters={},
    )
    try:
        cluster.create(
            CertificateAuthority.create(tmp_path / "ca"),
            database_name="payments",
            master_username="master",
            master_password="password",
        )
        yield cluster
    finally:
        cluster.delete()
        launcher.shutdown()
        workspace.close()


def kill(data: Path) -> None:
    """Kill the server at once and return when no process of it is left."""
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    children = postmaster.children()
    os.kill(postmaster.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_committed_rows_survive_a_killed_server(cluster: Cluster) -> None:
    with cluster.writer.administrate() as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 5000) AS id")
        connection.execute("CHECKPOINT")
        connection.execute("INSERT INTO kept SELECT generate_series(5001, 20000)")
    kill(cluster.writer.data)
    cluster.writer.stop()
    cluster.writer.start()
    with cluster.writer.administrate() as connection:
        row = connection.execute("SELECT count(*), sum(id) FROM kept").fetchone()
    assert row == (20_000, 20_000 * 20_001 // 2)
