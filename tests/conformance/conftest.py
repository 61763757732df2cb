"""What the conformance tests share: the programs' Python, and a program launcher."""

import shutil
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.programs import WarmLauncher

_PIP = '''"""Answers what the CLI asks of pip twice a run, in a hundredth of the time."""
import sys

print("[]" if "list" in sys.argv else "pip 25.0")
'''

_RUN_THE_CLI = {"pulumi_home", "both", "previewed"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs the CLI in this folder, and skip it, visibly, where there is none."""
    missing = shutil.which("pulumi") is None
    skip = pytest.mark.skip(
        reason="no Pulumi CLI on PATH; get one with: curl -fsSL https://get.pulumi.com | sh"
    )
    for item in items:
        needs = _RUN_THE_CLI & set(getattr(item, "fixturenames", ()))
        if needs and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.pulumi)
            item.add_marker(pytest.mark.campaign)
            if missing:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with this one's packages, as the CLI wants one for its programs."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (packages / "pip").mkdir()
    (packages / "pip" / "__init__.py").touch()
    (packages / "pip" / "__main__.py").write_text(_PIP)
    return folder


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the CLI's own files."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture(scope="session")
def launcher() -> Iterator[WarmLauncher]:
    with WarmLauncher(preload=()) as warm:
        yield warm
