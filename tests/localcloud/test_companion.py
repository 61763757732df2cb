"""The process beside the cloud: started when it is quiet, and ended with it."""

import sys
import threading
from pathlib import Path

import psutil
import pytest

from localcloud import companion
from localcloud.companion import Companion
from localcloud.control import LaptopCloud
from tests.localcloud.conftest import eventually

SAYS_ITS_PID = "import os, sys, time; print(os.getpid(), flush=True);"
WAITS_FOR_ITS_END = f"{SAYS_ITS_PID} sys.stdin.read()"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companion, "QUIET_SECONDS", 0.2)


def command(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def started(log: Path) -> psutil.Process:
    """Return the companion, once it has said that it runs."""
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    return psutil.Process(int(log.read_text()))


def test_it_starts_once_the_cloud_is_quiet(tmp_path: Path) -> None:
    log = tmp_path / "log"
    quiet: list[float] = [0.0, 0.1, 0.15, 0.3]
    own = Companion(command(WAITS_FOR_ITS_END), log)
    own.start_when_quiet(lambda: quiet.pop(0))
    try:
        assert started(log).is_running()
        assert quiet == []
    finally:
        own.stop()


def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companion, "_STOP_SECONDS", 0.1)
    log = tmp_path / "log"
    own = Companion(command(f"{SAYS_ITS_PID} time.sleep(600)"), log)
    own.start_when_quiet(lambda: 1.0)
    process = started(log)
    own.stop()
    assert not process.is_running()


def test_one_that_was_stopped_before_is_never_started(tmp_path: Path) -> None:
    own = Companion(command(WAITS_FOR_ITS_END), tmp_path / "log")
    own.stop()
    own.start_when_quiet(lambda: 1.0)
    for thread in threading.enumerate():
        if thread.name == "companion":
            thread.join()
    assert not (tmp_path / "log").exists()


def test_one_that_cannot_be_started_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = Companion([str(tmp_path / "nothing")], tmp_path / "log")
    own.start_when_quiet(lambda: 1.0)
    eventually(lambda: "the companion does not start" in caplog.text)
    own.stop()


def test_it_runs_beside_the_cloud_and_ends_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    own = LaptopCloud(home, companion=command(WAITS_FOR_ITS_END))
    try:
        info = own.start()
        process = started(home / "logs" / "companion.log")
        assert process.ppid() == info.pid
    finally:
        own.stop()
    assert not process.is_running()
