"""Two real clusters with the payments schema, and AWS's parameters and secrets from moto."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from localcloud.seed import apply_schema
from tests.functions.support import (
    APPLICATION,
    DATABASE,
    Clusters,
    aws_variables,
    create_secret,
    move_route,
    running_clusters,
)


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    """Start both clusters, once for all tests."""
    with running_clusters(tmp_path_factory.mktemp("clusters"), {}) as (started, _):
        for side in ("source", "target"):
            apply_schema(started.settings(side), APPLICATION["username"], APPLICATION["password"])
        yield started


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Serve AWS's API on a local port; tests keep apart by the names they use."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def aws(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point boto3 of this process at the local AWS."""
    for name, value in aws_variables(aws_endpoint).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def environment(clusters: Clusters, aws: None) -> dict[str, str]:
    """Create a route to the source and the secrets; return the payments function's variables."""
    route = f"/payments/{uuid4().hex}/database/route"
    move_route(route, "source", 1)
    return {
        "ROUTE_PARAMETER_NAME": route,
        "SOURCE_HOST": clusters.source.host,
        "SOURCE_PORT": str(clusters.source.port),
        "TARGET_HOST": clusters.target.host,
        "TARGET_PORT": str(clusters.target.port),
        "DATABASE_NAME": DATABASE,
        "APPLICATION_SECRET_ARN": create_secret(APPLICATION),
        "CERTIFICATE_AUTHORITY_SECRET_ARN": create_secret({"pem": clusters.authority.pem}),
        "POWERTOOLS_SERVICE_NAME": "payments",
        "LOG_LEVEL": "INFO",
    }
