"""Where the Pulumi CLI is looked for, and what is said when there is none."""

import subprocess
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from deploy.engines.cli import CliMissingError, find_cli
from deploy.errors import UsageError


def put(folder: Path, version: str) -> Path:
    """Put a CLI there that tells this version."""
    folder.mkdir(parents=True)
    file = folder / "pulumi"
    file.write_text(f"#!/bin/sh\necho {version}\n")
    file.chmod(0o755)
    return file


def fail_to_install() -> PulumiCommand:
    raise subprocess.CalledProcessError(7, ["install.sh"])


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with one folder of the test's own, not made yet, and the system's."""
    folder = tmp_path / "path"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_the_one_on_path_comes_first(tmp_path: Path, path: Path) -> None:
    put(path, "v3.260.0")
    put(tmp_path / "versions" / "3.270.0" / "bin", "v3.270.0")
    found = find_cli(versions=tmp_path / "versions", install=fail_to_install)
    assert found.command == "pulumi"
    assert str(found.version) == "3.260.0"


def test_the_newest_installed_one_is_used_where_path_has_none(tmp_path: Path) -> None:
    for version in ("3.99.0", "3.270.0", "3.100.0"):
        put(tmp_path / "versions" / version / "bin", f"v{version}")
    found = find_cli(versions=tmp_path / "versions", install=fail_to_install)
    assert found.command == str(tmp_path / "versions" / "3.270.0" / "bin" / "pulumi")


def test_one_that_is_too_old_is_passed_over(tmp_path: Path, path: Path) -> None:
    put(path, "v2.0.0")
    put(tmp_path / "versions" / "3.270.0" / "bin", "v3.270.0")
    assert str(find_cli(versions=tmp_path / "versions").version) == "3.270.0"


def test_what_nobody_has_is_installed(tmp_path: Path) -> None:
    put(tmp_path / "new" / "bin", "v3.272.0")
    found = find_cli(
        versions=tmp_path / "none", install=lambda: PulumiCommand(root=str(tmp_path / "new"))
    )
    assert str(found.version) == "3.272.0"


def test_without_any_the_error_names_the_command_that_gets_one(tmp_path: Path, path: Path) -> None:
    put(path, "v2.0.0")
    with pytest.raises(CliMissingError) as raised:
        find_cli(versions=tmp_path / "none", install=fail_to_install)
    assert isinstance(raised.value, UsageError)
    message = str(raised.value)
    assert "pulumi on PATH is of no use" in message
    assert "installing it failed" in message
    assert "next: curl -fsSL https://get.pulumi.com | sh" in message
