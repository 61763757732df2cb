"""The fixtures of the tests that run the Pulumi CLI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.conftest import launcher, pulumi_home, python
from tests.conformance.workplace import Workplace

__all__ = ["launcher", "place", "pulumi_home", "python"]


@pytest.fixture
def place(tmp_path: Path, python: Path) -> Iterator[Workplace]:
    """A cloud and a backend of the test's own."""
    with Workplace.open(tmp_path, python) as opened:
        yield opened
