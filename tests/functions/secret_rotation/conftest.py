"""A world for every test; moto's Secrets Manager with its labels repaired."""

import socket
from collections.abc import Iterator

import pytest

from localcloud.cloud.repairs import secret_rotation
from tests.functions.secret_rotation.world import World, world
from tests.functions.support import Clusters


@pytest.fixture
def account(clusters: Clusters, environment: dict[str, str]) -> Iterator[World]:
    """Yield logins and secrets of the test's own."""
    secret_rotation.install()
    with world(clusters, environment) as made:
        yield made


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Yield a port that refuses connections, and that nobody else gets."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])
