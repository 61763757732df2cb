"""How clusters come and go; each test has a service of its own, or changes nothing shared."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from localcloud.databases import (
    CertificateAuthority,
    ConnectionSettings,
    DatabaseServerError,
    DatabaseServers,
    Endpoint,
    server,
)
from tests.localcloud.databases.support import DATABASE, MASTER, PASSWORD, Service, create

pytestmark = pytest.mark.postgres

END_SECONDS = 15.0

OWNER = """
import json, sys, threading
from pathlib import Path
import psutil
from localcloud.databases import CertificateAuthority, DatabaseServers

folder = Path(sys.argv[1])
servers = DatabaseServers(folder / "postgres", CertificateAuthority.create(folder / "ca"))

def create() -> None:
    servers.create_cluster(
        "owned", engine_version="16.6", database_name="payments", master_username="master",
        master_password="password", parameters={},
    )

# The thread that asks for a cluster ends, the server must not.
thread = threading.Thread(target=create)
thread.start()
thread.join()
[postmaster] = psutil.Process().children()
print(json.dumps({
    "postmaster": postmaster.pid,
    "children": [child.pid for child in postmaster.children()],
    "sockets": (folder / "postgres" / "sockets").read_text(),
}), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[DatabaseServers]:
    servers = DatabaseServers(tmp_path / "postgres", CertificateAuthority.create(tmp_path / "ca"))
    try:
        yield servers
    finally:
        servers.stop_all()


def settings(folder: Path, endpoint: Endpoint, password: str = PASSWORD) -> ConnectionSettings:
    certificate = folder / "ca" / "ca.pem"
    return ConnectionSettings(endpoint.host, endpoint.port, DATABASE, MASTER, password, certificate)


def server_processes(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(word.startswith(f"{folder}/") for word in words):
            found.append(process)
    return found


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_cluster_changes_its_password_loses_a_reader_and_vanishes(
    own: DatabaseServers, tmp_path: Path
) -> None:
    writer = create(own, "short-lived", "16.6", {"rds.force_ssl": "0"})
    reader = own.add_reader("short-lived", "short-lived-reader")
    data = tmp_path / "postgres" / "clusters"

    session = settings(tmp_path, writer).connect(autocommit=True)
    own.set_master_password("short-lived", "new password")
    assert session.execute("SELECT 1").fetchone() == (1,)
    session.close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        settings(tmp_path, writer).connect()
    settings(tmp_path, writer, "new password").connect().close()

    plaintext = psycopg.connect(
        host=writer.host,
        port=writer.port,
        dbname=DATABASE,
        user=MASTER,
        password="new password",
        sslmode="disable",
    )
    plaintext.close()

    own.remove_reader("short-lived", "short-lived-reader")
    assert not (data / "short-lived" / "short-lived-reader").exists()
    with pytest.raises(psycopg.OperationalError):
        settings(tmp_path, reader, "new password").connect()

    assert len(server_processes(tmp_path)) == 1
    own.delete_cluster("short-lived")
    assert list(data.iterdir()) == []
    assert server_processes(tmp_path) == []
    with pytest.raises(DatabaseServerError, match="no cluster short-lived"):
        own.delete_cluster("short-lived")


def test_a_value_that_the_server_refuses_is_in_the_error_with_the_end_of_the_log(
    own: DatabaseServers, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseServerError) as caught:
        create(own, "broken", "16.6", {"max_connections": "plenty"})
    message = str(caught.value)
    assert 'invalid value for parameter "max_connections": "plenty"' in message
    log = Path(message.rpartition("log: ")[2])
    assert 'invalid value for parameter "max_connections"' in log.read_text()
    assert list((tmp_path / "postgres" / "clusters").iterdir()) == []
    assert server_processes(tmp_path) == []
    with pytest.raises(DatabaseServerError, match="no cluster broken"):
        own.delete_cluster("broken")


@pytest.mark.parametrize("name", ["pg_reserved", "rdsadmin"])
def test_a_reserved_name_of_the_master_user_is_refused_and_leaves_nothing(
    own: DatabaseServers, tmp_path: Path, name: str
) -> None:
    with pytest.raises(DatabaseServerError, match=name):
        own.create_cluster(
            "reserved",
            engine_version="16.6",
            database_name=DATABASE,
            master_username=name,
            master_password=PASSWORD,
            parameters={},
        )
    assert list((tmp_path / "postgres" / "clusters").iterdir()) == []
    assert server_processes(tmp_path) == []


def test_a_port_that_somebody_takes_meanwhile_is_replaced_by_another(
    own: DatabaseServers, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = iter([service.source.port, service.target.port, server.free_port()])
    monkeypatch.setattr(server, "free_port", lambda: next(ports))
    endpoint = create(own, "third-try", "16.6", {})
    assert endpoint.port not in (service.source.port, service.target.port)


def test_what_does_not_exist_or_exists_already_is_refused_by_name(service: Service) -> None:
    servers = service.servers
    with pytest.raises(DatabaseServerError, match="cluster source already exists"):
        create(servers, "source", "16.6", {})
    with pytest.raises(DatabaseServerError, match="no cluster nowhere"):
        servers.add_reader("nowhere", "reader")
    with pytest.raises(DatabaseServerError, match="already has a reader source-reader"):
        servers.add_reader("source", "source-reader")
    with pytest.raises(DatabaseServerError, match="has no reader stranger"):
        servers.remove_reader("source", "stranger")
    with pytest.raises(DatabaseServerError, match=r"identifier '../up'"):
        create(servers, "../up", "16.6", {})
    with pytest.raises(DatabaseServerError, match="set: no_such_parameter"):
        create(servers, "unknown-parameter", "17.4", {"no_such_parameter": "1"})


def test_a_folder_has_one_owner(service: Service) -> None:
    with pytest.raises(DatabaseServerError, match="another process runs database servers"):
        DatabaseServers(service.folder, service.authority)


def test_stopping_ends_every_server_removes_the_sockets_and_may_be_repeated(
    own: DatabaseServers, tmp_path: Path
) -> None:
    create(own, "stopped", "16.6", {})
    sockets = Path((tmp_path / "postgres" / "sockets").read_text())
    assert sockets.is_dir()
    own.stop_all()
    own.stop_all()
    assert server_processes(tmp_path) == []
    assert not sockets.exists()
    with pytest.raises(DatabaseServerError, match="have been stopped"):
        create(own, "late", "16.6", {})


def test_sockets_that_would_have_too_long_a_path_are_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    authority = CertificateAuthority.create(tmp_path / "ca")
    with pytest.raises(DatabaseServerError, match="set TMPDIR"):
        DatabaseServers(tmp_path / "postgres", authority)
    assert list(deep.iterdir()) == []


def test_no_server_outlives_an_owner_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    try:
        assert owner.stdout is not None
        started = json.loads(owner.stdout.readline())
        assert not has_ended(started["postmaster"])
        assert len(started["children"]) > 1
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
        assert owner.stdout is not None
        owner.stdout.close()
    processes = [started["postmaster"], *started["children"]]
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline and not all(map(has_ended, processes)):
        time.sleep(0.05)
    assert [pid for pid in processes if not has_ended(pid)] == []

    authority = CertificateAuthority.create(tmp_path / "ca")
    successor = DatabaseServers(tmp_path / "postgres", authority)
    try:
        assert not Path(started["sockets"]).exists()
        assert list((tmp_path / "postgres" / "clusters").iterdir()) == []
    finally:
        successor.stop_all()
