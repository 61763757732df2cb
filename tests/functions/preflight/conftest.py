"""Clusters that can be replicated, a pair of databases for a module, and a schema for each test."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from localcloud.seed import apply_schema
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.preflight.support import (
    Pair,
    migration_clusters,
    new_schema,
)
from tests.functions.support import APPLICATION, Clusters


@pytest.fixture(scope="session")
def ready_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    """Start both clusters, with the payments schema and its roles, once for all tests."""
    with migration_clusters(tmp_path_factory.mktemp("preflight")) as clusters:
        for side in ("source", "target"):
            apply_schema(clusters.settings(side), APPLICATION["username"], APPLICATION["password"])
        yield clusters


@pytest.fixture(scope="module")
def module_pair(ready_clusters: Clusters) -> Iterator[Pair]:
    """Yield two databases, and sessions on them, that the tests of a module share."""
    with fresh_databases(ready_clusters) as databases, closing(Pair(databases, "")) as pair:
        yield pair


@pytest.fixture
def pair(module_pair: Pair) -> Iterator[Pair]:
    """Yield a schema of the test's own on both sides; what is in it goes with it."""
    pair = new_schema(module_pair.databases, module_pair.sessions)
    yield pair
    pair.both(f"RESET ROLE; DROP SCHEMA {pair.schema} CASCADE")


@pytest.fixture
def own_databases(ready_clusters: Clusters) -> Iterator[Databases]:
    """Yield two empty databases of the test's own."""
    with fresh_databases(ready_clusters) as databases:
        yield databases


@pytest.fixture
def own_pair(own_databases: Databases) -> Iterator[Pair]:
    """Yield a schema in databases of the test's own, for what belongs to a whole database."""
    with closing(new_schema(own_databases)) as pair:
        yield pair


@pytest.fixture(scope="module")
def seeded(ready_clusters: Clusters) -> Iterator[Pair]:
    """Yield the payments schema for a module's tests, the target's without rows."""
    with fresh_databases(ready_clusters) as databases, closing(Pair(databases, "payments")) as pair:
        for side in ("source", "target"):
            apply_schema(
                databases.settings(side),
                APPLICATION["username"],
                APPLICATION["password"],
                house_accounts=side == "source",
            )
        yield pair
