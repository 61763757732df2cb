import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from localcloud.databases.account import server_account
from localcloud.databases.errors import DatabaseServerError


@pytest.mark.parametrize("available", [True, False])
def test_servers_never_run_as_root(available: bool) -> None:
    account = server_account() if available else server_account(setpriv=None)
    printed = subprocess.run(
        account.command(["id", "--user"]),
        capture_output=True,
        text=True,
        check=True,
        **account.switch,
    )
    assert int(printed.stdout) == account.user_id != 0
    assert account.user_id == (os.geteuid() or account.user_id)


def test_a_command_can_work_below_a_folder_that_only_its_starter_may_enter(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    inside = tmp_path / "inside"
    inside.mkdir()
    account = server_account()
    account.own(inside)
    subprocess.run(account.command(["touch", str(inside / "file")]), check=True, **account.switch)
    assert (inside / "file").stat().st_uid == account.user_id


def test_a_program_below_such_a_folder_passes_the_check_that_postgresql_makes(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    account = server_account()
    asks = f"import os, sys; sys.exit(not os.access({str(program)!r}, os.X_OK | os.R_OK))"
    answer = subprocess.run(
        account.command(["python3", "-I", "-c", asks]), check=False, **account.switch
    )
    assert answer.returncode == 0


def test_without_setpriv_an_unreachable_folder_is_an_error_that_says_what_to_do(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    account = dataclasses.replace(server_account(setpriv=None), enters_every_folder=False)
    closed.chmod(0)
    try:
        with pytest.raises(DatabaseServerError, match=r"cannot enter .*closed/inside.*chmod"):
            account.require_access(closed / "inside")
    finally:
        closed.chmod(0o700)
