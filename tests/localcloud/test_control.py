"""Starting, finding and stopping the daemon, as the orchestrator does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localcloud import record
from localcloud.control import CloudInfo, LaptopCloud, LaptopCloudError
from tests.localcloud.conftest import eventually, make_client, zip_of


@pytest.fixture
def laptop_cloud(tmp_path: Path) -> Iterator[LaptopCloud]:
    laptop_cloud = LaptopCloud(tmp_path / "home")
    yield laptop_cloud
    laptop_cloud.stop()


def daemons(home: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] and str(home) in process.info["cmdline"]
    ]


def test_a_cloud_starts_once_is_found_and_stops(laptop_cloud: LaptopCloud, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert laptop_cloud.info() is None
    lines: list[str] = []
    first = laptop_cloud.start(lines.append)
    assert lines
    assert laptop_cloud.start() == first == laptop_cloud.info()
    assert first.endpoint_url.startswith("http://127.0.0.1:")
    assert json.loads((home / "cloud.json").read_text())["identity"] == first.identity
    listening = psutil.Process(first.pid).net_connections("tcp")
    assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    assert os.getsid(first.pid) == first.pid
    children = psutil.Process(first.pid).children(recursive=True)
    assert children
    assert laptop_cloud.stop()
    assert not any(child.is_running() for child in children)
    assert not psutil.pid_exists(first.pid)
    assert not (home / "cloud.json").exists()
    assert laptop_cloud.info() is None
    assert not laptop_cloud.stop()


def test_concurrent_starts_give_one_daemon_and_a_restart_is_a_new_identity(
    laptop_cloud: LaptopCloud, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(3) as pool:
        infos = list(pool.map(lambda _: LaptopCloud(home).start(), range(3)))
    assert len({info.identity for info in infos}) == 1
    assert daemons(home) == [infos[0].pid]
    laptop_cloud.stop()
    assert laptop_cloud.start().identity != infos[0].identity


def test_two_homes_run_side_by_side(laptop_cloud: LaptopCloud, tmp_path: Path) -> None:
    other = LaptopCloud(tmp_path / "other", environment="second")
    try:
        first, second = laptop_cloud.start(), other.start()
        names = {info.environment: secret_names(info) for info in (first, second)}
        assert "secret-jwt-key-local" in names["local"]
        assert "secret-jwt-key-second" in names["second"]
        assert other.stop()
        assert laptop_cloud.info() == first
    finally:
        other.stop()


def secret_names(info: CloudInfo) -> set[str]:
    secrets = make_client(info, "secretsmanager").list_secrets()["SecretList"]
    return {secret["Name"] for secret in secrets}


def test_a_killed_daemon_leaves_no_process_and_is_not_found(laptop_cloud: LaptopCloud) -> None:
    info = laptop_cloud.start()
    start_worker(info)
    family = psutil.Process(info.pid).children(recursive=True)
    assert any("worker_main.py" in " ".join(process.cmdline()) for process in family)
    os.kill(info.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert laptop_cloud.info() is None
    assert laptop_cloud.start().identity != info.identity


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


def test_a_stale_state_file_is_ignored(laptop_cloud: LaptopCloud, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    stale = CloudInfo("old", os.getpid(), "http://127.0.0.1:9", "", "r", "a", "k", "s", "e", "t")
    record.write(home, stale)
    assert laptop_cloud.info() is None
    assert not laptop_cloud.stop()
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
    assert "start it again" in message
    assert daemons(home) == []


def test_the_command_line_starts_tells_and_stops(tmp_path: Path) -> None:
    def localcloud(command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "localcloud", command, "--home", str(tmp_path / "home")]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    try:
        assert localcloud("status").returncode == 1
        started = localcloud("start")
        assert started.returncode == 0, started.stderr
        assert json.loads(localcloud("status").stdout) == json.loads(started.stdout)
    finally:
        assert localcloud("stop").stdout.strip() == "stopped"
