"""One moto server with the repairs, and one provider, for the whole session."""

from collections.abc import Iterator

import pytest
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

from localcloud.cloud import repairs
from localcloud.provider.server import serve
from tests.localcloud.provider.engine import Engine

REGION = "ap-southeast-1"


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """URL of a cloud: moto's server with this project's repairs."""
    repairs.install()
    # Nothing here runs functions: without this, rotations would look for Docker.
    with pytest.MonkeyPatch.context() as patches:
        patches.setitem(default_user_config["lambda"], "use_docker", False)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture(scope="session")
def provider_port(moto_url: str) -> Iterator[int]:
    """Port of a running provider."""
    server, port = serve(moto_url, REGION, "test", "test")
    yield port
    server.stop(None).wait()


@pytest.fixture(scope="session")
def engine(provider_port: int) -> Iterator[Engine]:
    """A configured connection to the provider, as an engine has it."""
    with Engine(provider_port) as connected:
        connected.configure({"region": REGION})
        yield connected
