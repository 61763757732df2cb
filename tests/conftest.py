"""What holds for every test."""

import pytest
from hypothesis import settings

# How long one example takes says something of the machine, and nothing of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
