"""Two servers that can replicate to each other, and pairs of databases on them."""

from collections.abc import Iterator

import pytest

from tests.functions.cutover.pair import Pair, fresh_pair, replicating_pair
from tests.functions.data_validation.replication import ReplicatingClusters, replicating_clusters


@pytest.fixture(scope="session")
def replicating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatingClusters]:
    """Start a source and a target, once for all tests of the cutover."""
    with replicating_clusters(tmp_path_factory.mktemp("replicating")) as clusters:
        yield clusters


@pytest.fixture(scope="session")
def pair(replicating: ReplicatingClusters, aws_endpoint: str) -> Iterator[Pair]:
    """Yield a pair that replicates both ways, for all tests, whichever side is active."""
    with replicating_pair(replicating, aws_endpoint) as pair:
        yield pair


@pytest.fixture
def unprepared(replicating: ReplicatingClusters, aws_endpoint: str) -> Iterator[Pair]:
    """Yield a pair with nothing but the payments schema."""
    with fresh_pair(replicating, aws_endpoint) as pair:
        yield pair
