"""The migration program's recording."""

import pytest

from tests.stacks.program import Recording


@pytest.fixture
def migration(recordings: dict[str, Recording]) -> Recording:
    """The migration program."""
    return recordings["migration"]
