"""Checkouts for the campaigns of the migration."""

from collections.abc import Iterator

import pytest

from tooling.checkout import Checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose laptop cloud is stopped at the end, whatever happened."""
    made = Checkout.create(tmp_path_factory.mktemp("checkout"))
    yield made
    made.invoke("local-stop")
