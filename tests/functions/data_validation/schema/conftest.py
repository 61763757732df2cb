"""Pairs of databases on the two clusters, and sessions that read their catalogues."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.functions.data_validation.schema.support import Pair, Planted, create_database
from tests.functions.support import Clusters

Pairs = Callable[[], Pair]


@pytest.fixture(scope="module")
def new_pair(clusters: Clusters) -> Iterator[Pairs]:
    """Create pairs of empty databases; connections close after the module's tests."""
    with ExitStack() as stack:

        def create() -> Pair:
            name = f"schema_{uuid4().hex}"
            source = stack.enter_context(create_database(clusters, "source", name))
            target = stack.enter_context(create_database(clusters, "target", name))
            return Pair(source, target)

        yield create


@pytest.fixture
def pair(new_pair: Pairs) -> Pair:
    """Return a pair of empty databases of this test's own."""
    return new_pair()


@pytest.fixture(scope="module")
def planted(request: pytest.FixtureRequest, new_pair: Pairs) -> Planted:
    """Plant the CASES of the test's module, and compare."""
    return Planted.plant(request.module.CASES, new_pair())
