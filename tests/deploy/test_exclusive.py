"""One command at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import UsageError
from deploy.exclusive import FILE, exclusive

_DIES_HOLDING = """
import os, sys
from pathlib import Path
from deploy.exclusive import exclusive
with exclusive(Path(sys.argv[1]), "deploy-all"):
    os.kill(os.getpid(), 9)
"""


def test_a_second_command_is_told_who_holds_the_environment_and_since_when(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path, "deploy-all"),
        pytest.raises(
            UsageError, match=rf"invoke deploy-all, process {os.getpid()} of \S+ on \S+ since 20"
        ),
        exclusive(tmp_path, "destroy-all"),
    ):
        pytest.fail("both hold the lock")


def test_the_lock_is_free_again_afterwards_without_a_notice(tmp_path: Path) -> None:
    notices: list[str] = []
    with exclusive(tmp_path, "deploy-all", notices.append):
        pass
    with exclusive(tmp_path, "deploy-all", notices.append):
        assert str(os.getpid()) in (tmp_path / FILE).read_text()

    assert notices == []


def test_a_command_that_fails_frees_the_lock_too(tmp_path: Path) -> None:
    notices: list[str] = []
    with pytest.raises(OSError, match="disk full"), exclusive(tmp_path):
        raise OSError("disk full")

    with exclusive(tmp_path, "deploy-all", notices.append):
        assert notices == []


def test_the_lock_of_a_command_that_died_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _DIES_HOLDING, str(tmp_path)],
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.wait(timeout=30) == -9
    notices: list[str] = []

    with exclusive(tmp_path, "status", notices.append):
        pass

    assert len(notices) == 1
    assert f"invoke deploy-all, process {process.pid}" in notices[0]
