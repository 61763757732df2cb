"""Finds the Pulumi CLI: on PATH, else among the installed versions, else installs it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from pulumi.automation import InvalidVersionError, PulumiCommand
from semver import VersionInfo

from deploy.errors import EngineError

VERSIONS = Path.home() / ".pulumi" / "versions"
"""Where `PulumiCommand.install` puts versions of the CLI."""


class CliMissingError(EngineError):
    """There is no usable Pulumi CLI, and none could be installed."""


def find_cli(
    *,
    versions: Path = VERSIONS,
    install: Callable[[], PulumiCommand] = PulumiCommand.install,
) -> PulumiCommand:
    """Return the CLI: the one on PATH, else the newest of `versions`, else a new installation.

    Each is asked for its version. Raises CliMissingError, with the command that gets a CLI, when
    none works: one that is too old for the Automation API does not.
    """
    faults: list[str] = []
    found = _on_path(faults) or _installed(versions, faults)
    if found is not None:
        return found
    try:
        return install()
    except (OSError, subprocess.CalledProcessError, InvalidVersionError) as error:
        faults.append(f"installing it failed: {error}")
    raise CliMissingError(
        "the Pulumi CLI is needed and was not found on PATH or in "
        f"{versions}\n" + "\n".join(faults) + "\n"
        "next: curl -fsSL https://get.pulumi.com | sh   (then put ~/.pulumi/bin on PATH)"
    )


def _on_path(faults: list[str]) -> PulumiCommand | None:
    if shutil.which("pulumi") is None:
        return None
    return _tried(None, "pulumi on PATH", faults)


def _installed(versions: Path, faults: list[str]) -> PulumiCommand | None:
    """Return the newest version in the folder that works."""
    folders = [each for each in versions.glob("*") if VersionInfo.is_valid(each.name)]
    for folder in sorted(folders, key=lambda each: VersionInfo.parse(each.name), reverse=True):
        found = _tried(folder, str(folder), faults)
        if found is not None:
            return found
    return None


def _tried(root: Path | None, where: str, faults: list[str]) -> PulumiCommand | None:
    try:
        return PulumiCommand(root=str(root) if root else None)
    except (OSError, subprocess.CalledProcessError, InvalidVersionError) as error:
        faults.append(f"{where} is of no use: {error}")
        return None
