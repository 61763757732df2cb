"""One command at a time."""

import os
from pathlib import Path

import pytest

from deploy.errors import UsageError
from deploy.exclusive import exclusive


def test_a_second_command_is_refused_with_the_first_one_s_process(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(UsageError, match=f"process {os.getpid()}"),
        exclusive(tmp_path),
    ):
        pytest.fail("both hold the lock")


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        assert (tmp_path / "command.lock").read_text() == str(os.getpid())
