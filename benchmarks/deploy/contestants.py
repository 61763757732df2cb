"""The ways to deploy that are compared. Each works in a checkout of its own, on a fresh cloud."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.layers import layer_graph
from deploy.programs import server_command
from localcloud.control import CloudInfo, LaptopCloud
from tooling.checkout import REPOSITORY, Checkout

LAYERS = layer_graph().order()

SETTLE_SECONDS = 20.0
"""After its start the laptop cloud loads services and SDKs ahead, for some 10 s; nobody is
measured while it does."""


@dataclass(frozen=True)
class Deployment:
    """Seconds that one deployment took: in all, and of each layer where they are known."""

    seconds: float
    layers: Mapping[str, float]


class Contestant(Protocol):
    """One way to deploy."""

    name: str

    def prepare(self, checkout: Checkout, cloud: CloudInfo) -> None:
        """Do what comes before the first deployment and is not measured."""
        ...

    def deploy(self) -> Deployment:
        """Deploy the five layers once, and say how long that took."""
        ...


class Orchestrated:
    """`invoke deploy-all`, the whole command as typed; the laptop cloud runs already."""

    def __init__(self, name: str, engine: str) -> None:
        self.name = name
        self._engine = engine
        self._checkout: Checkout | None = None

    def prepare(self, checkout: Checkout, cloud: CloudInfo) -> None:
        """Note where to deploy."""
        self._checkout = checkout

    def deploy(self) -> Deployment:
        """Run the command; end the benchmark when it fails."""
        assert self._checkout is not None
        checkout = self._checkout

        def run() -> None:
            process = checkout.start("deploy-all", "--engine", self._engine)
            output, _ = process.communicate()
            if process.returncode:
                sys.exit(output)

        return Deployment(seconds(run), {})


class Bare:
    """Five `pulumi up`, one after the other, as someone without an orchestrator types them.

    Creating the stacks (`pulumi stack init`) is not measured.
    """

    name = "five bare pulumi up"

    def __init__(self) -> None:
        self._folder = Path()
        self._environment: dict[str, str] = {}

    def prepare(self, checkout: Checkout, cloud: CloudInfo) -> None:
        """Create the stacks in a backend of their own."""
        state = checkout.home / "bare-state"
        state.mkdir()
        self._folder = checkout.folder / "stacks"
        self._environment = {
            **os.environ,
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(checkout.home / "bare-pulumi"),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_DEBUG_PROVIDERS": f"aws:{cloud.provider_address.rpartition(':')[2]}",
        }
        for layer in LAYERS:
            self._pulumi(layer, "stack", "init", cloud.environment)

    def deploy(self) -> Deployment:
        """Bring up layer after layer."""
        layers = {layer: seconds(self._up(layer)) for layer in LAYERS}
        return Deployment(sum(layers.values()), layers)

    def _up(self, layer: str) -> Callable[[], None]:
        return lambda: self._pulumi(layer, "up", "--yes", "--skip-preview", "--stack", "local")

    def _pulumi(self, layer: str, *arguments: str) -> None:
        ran = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self._folder / layer,
            env=self._environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if ran.returncode:
            sys.exit(f"pulumi {' '.join(arguments)} in {layer} failed:\n{ran.stdout}")


def make_checkout(folder: Path) -> Checkout:
    """Copy the project, and lend the copy this one's Python: the CLI looks for it in there."""
    checkout = Checkout.create(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    shutil.copy2(REPOSITORY / "uv.lock", folder)
    return checkout


def measure(contestant: Contestant, checkout: Checkout) -> tuple[Deployment, Deployment]:
    """Deploy to a fresh, settled laptop cloud, then once more without a change; return both."""
    cloud = LaptopCloud(checkout.home, companion=server_command(checkout.home))
    info = cloud.start()
    try:
        time.sleep(SETTLE_SECONDS)
        contestant.prepare(checkout, info)
        return contestant.deploy(), contestant.deploy()
    finally:
        cloud.stop()
        shutil.rmtree(checkout.home)


def critical_path(layers: Mapping[str, float]) -> float:
    """Return the seconds of the longest chain of layers that wait for each other."""
    graph, ends = layer_graph(), dict[str, float]()
    for layer in graph.order():
        begins = max((ends[upstream] for upstream in graph.edges[layer]), default=0.0)
        ends[layer] = begins + layers[layer]
    return max(ends.values())


def seconds(work: Callable[[], None]) -> float:
    """Return the seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
