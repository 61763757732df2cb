import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localcloud.databases import binaries
from localcloud.databases.errors import DatabaseServerError


@pytest.mark.parametrize(
    ("engine_version", "server"),
    [("11.9", "17.10"), ("13.20", "17.10"), ("16.6", "17.10"), ("17.4", "18.1"), ("18", "18.1")],
)
def test_an_aurora_version_chooses_a_server_that_reports_its_own(
    engine_version: str, server: str
) -> None:
    distribution = binaries.distribution_for(engine_version)
    printed = subprocess.run(
        [distribution.program("postgres"), "--version"],
        env=distribution.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert distribution.version == server
    assert f"(PostgreSQL) {server}" in printed.stdout


@pytest.mark.parametrize(
    "engine_version",
    ["", "sixteen", "banana", "0", "-1", "²", "9.6", "10.21", "19.1", "16.", "16.banana", "16.6\n"],
)
def test_a_version_that_aurora_never_had_is_refused(engine_version: str) -> None:
    with pytest.raises(DatabaseServerError, match="is not one of Aurora PostgreSQL"):
        binaries.distribution_for(engine_version)
    assert not binaries.is_supported(engine_version)


def test_psql_runs_with_its_environment() -> None:
    printed = subprocess.run(
        [binaries.psql_path(), "--version"],
        env={**os.environ, **binaries.psql_environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.startswith("psql (PostgreSQL) 18.1")


def test_servers_are_unpacked_once_for_an_environment_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(binaries.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert binaries.cache_folder() == tmp_path / "laptop-cloud"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "away"))
    assert binaries.cache_folder().name == "cache"
    monkeypatch.setenv(binaries.CACHE_VARIABLE, str(tmp_path))
    assert binaries.cache_folder() == tmp_path


def test_two_who_unpack_at_once_get_one_server_and_leave_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(binaries.CACHE_VARIABLE, str(tmp_path))
    load = binaries.postgres_18.__wrapped__
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: load(), range(2))
    assert first == second
    assert (first.root / "bin" / "initdb").exists()
    assert list(tmp_path.iterdir()) == [first.root]
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [words for words in commands if any(str(tmp_path) in word for word in words)]
