"""Starting, finding and stopping the daemon, as the orchestrator does."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localcloud import processes, record
from localcloud.control import CloudInfo, LaptopCloud, LaptopCloudError
from tests.localcloud.conftest import eventually, make_client, zip_of


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LaptopCloud]:
    """A laptop cloud that the test starts and ends itself."""
    own = LaptopCloud(tmp_path / "home", environment="second")
    yield own
    own.stop()


def daemons(home: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] and str(home) in process.info["cmdline"]
    ]


def localcloud(command: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a user does."""
    arguments = [sys.executable, "-m", "localcloud", command, "--home", str(home)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def lives(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that ended may wait for its new parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_importing_it_loads_nothing_slow() -> None:
    code = "import sys, localcloud.control; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    slow = {"boto3", "botocore", "cryptography", "moto", "psutil", "psycopg", "urllib.request"}
    assert "localcloud.control" in printed.stdout.split()
    assert not slow & set(printed.stdout.split())


def test_a_cloud_starts_once_is_found_and_stops(own: LaptopCloud, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert own.info() is None
    assert localcloud("status", home).returncode == 1
    lines: list[str] = []
    first = own.start(lines.append)
    assert lines
    assert own.start() == first == own.info()
    for command in ("start", "status"):
        assert json.loads(localcloud(command, home).stdout) == dataclasses.asdict(first)
    assert first.endpoint_url.startswith("http://127.0.0.1:")
    assert json.loads((home / "cloud.json").read_text())["identity"] == first.identity
    listening = psutil.Process(first.pid).net_connections("tcp")
    assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    assert os.getsid(first.pid) == first.pid
    children = psutil.Process(first.pid).children(recursive=True)
    assert children
    assert localcloud("stop", home).stdout.strip() == "stopped"
    assert not any(lives(child) for child in children)
    assert not processes.is_daemon(first.pid)
    assert not (home / "cloud.json").exists()
    assert own.info() is None
    assert not own.stop()


def test_concurrent_starts_give_one_daemon_beside_that_of_another_home(
    own: LaptopCloud, tmp_path: Path, laptop_cloud: LaptopCloud, cloud: CloudInfo
) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(3) as pool:
        starters = [LaptopCloud(home, environment="second") for _ in range(3)]
        infos = list(pool.map(LaptopCloud.start, starters))
    assert len({info.identity for info in infos}) == 1
    assert daemons(home) == [infos[0].pid]
    assert "secret-jwt-key-second" in secret_names(infos[0])
    names = secret_names(cloud)
    assert "secret-jwt-key-local" in names
    assert "secret-jwt-key-second" not in names
    assert own.stop()
    assert laptop_cloud.info() == cloud


def secret_names(info: CloudInfo) -> set[str]:
    secrets = make_client(info, "secretsmanager").list_secrets()["SecretList"]
    return {secret["Name"] for secret in secrets}


@pytest.mark.postgres
def test_a_killed_daemon_leaves_no_process_and_a_new_one_is_another(own: LaptopCloud) -> None:
    info = own.start()
    with ThreadPoolExecutor(2) as pool:
        for work in [pool.submit(start_worker, info), pool.submit(start_database_servers, info)]:
            work.result()
    family = psutil.Process(info.pid).children(recursive=True)
    commands = [process.cmdline() for process in family]
    assert any("worker_main.py" in " ".join(command) for command in commands)
    assert len(servers_of(info)) == 2
    assert len(commands) > 10
    os.kill(info.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=15)
    assert alive == []
    assert own.info() is None
    assert own.start().identity != info.identity


def servers_of(info: CloudInfo) -> list[psutil.Process]:
    """Return the PostgreSQL servers that a daemon started: postmasters, not their children."""
    children = psutil.Process(info.pid).children()
    return [child for child in children if "-D" in child.cmdline()]


def start_database_servers(info: CloudInfo) -> None:
    """Leave a writer and a reader running."""
    rds = make_client(info, "rds")
    rds.create_db_cluster(
        DBClusterIdentifier="killed",
        Engine="aurora-postgresql",
        EngineVersion="16.6",
        MasterUsername="admin_user",
        MasterUserPassword="a-password-1",
    )
    for name in ("killed-writer", "killed-reader"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBClusterIdentifier="killed",
            Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
        )


def start_worker(info: CloudInfo) -> None:
    """Leave a function's worker running, in the middle of an invocation."""
    role = make_client(info, "iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
    functions = make_client(info, "lambda")
    functions.create_function(
        FunctionName="lambda-busy",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": zip_of({"app.py": "def handler(event, context):\n    while True: pass"})},
        Timeout=60,
    )
    functions.invoke(FunctionName="lambda-busy", InvocationType="Event")
    eventually(
        lambda: [
            process
            for process in psutil.Process(info.pid).children()
            if "worker_main.py" in " ".join(process.cmdline())
        ]
    )


def test_a_proxy_in_the_environment_does_not_hide_the_cloud(
    laptop_cloud: LaptopCloud, cloud: CloudInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, dead)
    assert laptop_cloud.info() == cloud


def test_a_stale_state_file_is_ignored(own: LaptopCloud, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    stale = CloudInfo("old", os.getpid(), "http://127.0.0.1:9", "", "r", "a", "k", "s", "e", "t")
    record.write(home, stale)
    assert own.info() is None
    assert not own.stop()
    assert psutil.pid_exists(os.getpid())


def test_a_daemon_that_cannot_start_says_why(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "lambda").write_text("in the way")
    with pytest.raises(LaptopCloudError) as failure:
        LaptopCloud(home).start()
    message = str(failure.value)
    assert "FileExistsError" in message or "NotADirectoryError" in message
    assert str(home / "logs" / "daemon.log") in message
    assert "start it again: invoke deploy-all" in message
    assert daemons(home) == []
