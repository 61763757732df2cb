"""The fixtures of the embedded engine's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.programs import WarmLauncher
from tests.deploy.engines.embedded.memory_cloud import MemoryCloud
from tests.deploy.engines.embedded.scenario import Scenario


@pytest.fixture(scope="session")
def launcher() -> Iterator[WarmLauncher]:
    with WarmLauncher(preload=()) as warm:
        yield warm


@pytest.fixture
def cloud() -> MemoryCloud:
    return MemoryCloud()


@pytest.fixture
def scenario(tmp_path: Path, cloud: MemoryCloud, launcher: WarmLauncher) -> Iterator[Scenario]:
    with cloud.serve() as address:
        yield Scenario(tmp_path, cloud, address, launcher)
