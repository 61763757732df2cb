"""Pairs of databases: one for every test, one for a module's tests, and one with the corpus."""

from collections.abc import Iterator

import pytest

from functions.data_validation.sessions import Sides
from tests.functions.data_validation.corpus.loading import load
from tests.functions.data_validation.corpus.model import Case
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.support import Clusters


@pytest.fixture
def databases(clusters: Clusters) -> Iterator[Databases]:
    """Yield two empty databases, the source's on the older server, the target's on the newer."""
    with fresh_databases(clusters) as databases:
        yield databases


@pytest.fixture(scope="module")
def shared_databases(clusters: Clusters) -> Iterator[Databases]:
    """Yield two databases that the tests of a module share."""
    with fresh_databases(clusters) as databases:
        yield databases


@pytest.fixture
def reused_databases(shared_databases: Databases) -> Iterator[Databases]:
    """Yield the module's databases; whatever a test makes in `public` goes with it."""
    yield shared_databases
    shared_databases.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture(scope="module")
def shared_sides(shared_databases: Databases) -> Sides:
    """Open sessions on the module's databases."""
    return shared_databases.sides()


@pytest.fixture(scope="session")
def corpus_databases(clusters: Clusters) -> Iterator[tuple[Databases, tuple[Case, ...]]]:
    """Yield two databases with all planted differences, to be read only, and their cases."""
    with fresh_databases(clusters) as databases:
        yield databases, load(databases.source, databases.target)
