"""Checkouts for the end-to-end tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tooling.checkout import Checkout, Finished


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and give it the time that a deployment takes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def make_checkout(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Checkout]]:
    """Make checkouts whose laptop clouds are stopped at the end, whatever happened."""
    made: list[Checkout] = []

    def make(name: str) -> Checkout:
        checkout = Checkout.create(tmp_path_factory.mktemp(name))
        made.append(checkout)
        return checkout

    yield make
    for checkout in made:
        checkout.invoke("local-stop")


@pytest.fixture(scope="session")
def deployment(make_checkout: Callable[[str], Checkout]) -> tuple[Checkout, Finished]:
    """Deploy everything once, on a fresh laptop cloud; return what the command printed."""
    checkout = make_checkout("deployed")
    finished = checkout.invoke("deploy-all")
    assert finished.status == 0, finished.output
    return checkout, finished


@pytest.fixture(scope="session")
def clients(deployment: tuple[Checkout, Finished]) -> Callable[[str], Any]:
    """Makes boto3 clients of the deployed checkout's laptop cloud."""
    return deployment[0].clients()


@pytest.fixture
def deployed(deployment: tuple[Checkout, Finished]) -> Checkout:
    """A checkout with everything deployed. Tests leave it as they found it."""
    return deployment[0]
