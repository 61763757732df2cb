"""The five real stacks on both engines, each on a laptop cloud of its own."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import boto3
import pytest

from deploy import environments
from deploy.engines.cli import CliEngine
from deploy.engines.embedded import EmbeddedEngine
from deploy.engines.embedded.backend import FileBackend
from deploy.engines.interface import Engine
from deploy.environments import LOCAL
from deploy.events import Event, Operation, Phase, ResourceEvent, RunResult
from deploy.layers import layer_graph
from deploy.local import PASSPHRASE, LocalEnvironment
from deploy.places import REPOSITORY
from deploy.programs import WarmLauncher
from localcloud.control import CloudInfo
from shared.contracts import DataOutputs
from tests.conformance.renaming import Renaming
from tests.e2e.inventory import leftovers

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not (REPOSITORY / "uv.lock").exists() or not (REPOSITORY / ".venv").exists(),
        reason="the stacks' programs run in the checkout's .venv, which `uv run` makes",
    ),
]
LAYERS = layer_graph().order()
# Ids and random suffixes in the names of what is in a cloud.
RANDOM = [
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"-[0-9a-f]{7}\b"), "-<random>"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8,}(?![0-9A-Za-z])"), "<id>"),
]


@dataclass
class Deployed:
    """The five stacks on one cloud, deployed by one engine, and what was seen of it."""

    environment: LocalEnvironment
    info: CloudInfo
    results: dict[str, RunResult] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)

    def embedded(self, launcher: WarmLauncher) -> Engine:
        """Return the embedded engine on this cloud."""
        return EmbeddedEngine(
            LOCAL,
            backend_root=self.environment.backend_root,
            provider_addresses={"aws": self.info.provider_address},
            launcher=launcher,
            passphrase=PASSPHRASE,
        )

    def pulumi(self) -> Engine:
        """Return the Pulumi CLI on this cloud."""
        port = self.info.provider_address.rpartition(":")[2]
        return CliEngine(
            LOCAL,
            settings=environments.load(LOCAL, home=self.environment.home).cli,
            environ={"PULUMI_DEBUG_PROVIDERS": f"aws:{port}"},
        )

    def deploy(self, engine: Engine) -> None:
        """Deploy every layer, and the databases' schema as its owner would."""
        for layer in LAYERS:
            events: list[Event] = []
            result = engine.stack(layer).up(events.append)
            assert result.ok, (layer, result.errors)
            self.results[layer], self.events[layer] = result, events
            if layer == DataOutputs.layer:
                self._prepare_databases(result)

    def destroy(self, engine: Engine) -> dict[str, dict[Operation, int]]:
        """Destroy every layer; return what was counted."""
        counts = {}
        for layer in reversed(LAYERS):
            result = engine.stack(layer).destroy(lambda event: None)
            assert result.ok, (layer, result.errors)
            counts[layer] = dict(result.counts)
        return counts

    def left(self) -> dict[str, list[str]]:
        """Return what is in the cloud, by kind, without what is never the same twice."""
        session: Any = boto3.Session(
            region_name=self.info.region,
            aws_access_key_id=self.info.access_key_id,
            aws_secret_access_key=self.info.secret_access_key,
        )
        found = leftovers(partial(session.client, endpoint_url=self.info.endpoint_url))
        return {kind: sorted(plain(name) for name in names) for kind, names in found.items()}

    def state(self, layer: str) -> dict[tuple[str, bool], dict[str, Any]]:
        """Return a layer's decrypted resources by URN, each after those that it depends on."""
        backend = FileBackend(self.environment.backend_root)
        resources = backend.load(layer, LOCAL, PASSPHRASE).checkpoint.resources
        return {(each.urn, each.delete): _comparable(asdict(each)) for each in resources}

    def operations(self, layer: str) -> set[tuple[str, str, str]]:
        """Return every finished operation of a layer's deployment."""
        return {
            (each.operation.value, each.type, each.name)
            for each in self.events[layer]
            if isinstance(each, ResourceEvent) and each.phase is Phase.FINISHED
        }

    def _prepare_databases(self, result: RunResult) -> None:
        for side in ("source", "target"):
            self.environment.cloud.prepare_database(
                side,
                host=result.outputs[f"{side}_endpoint"],
                port=int(result.outputs[f"{side}_port"]),
                database_name=result.outputs["database_name"],
            )


def _comparable(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource of a state without when it was made, its dependencies as sets."""
    used = {key: sorted(urns) for key, urns in resource["property_dependencies"].items()}
    dependencies = sorted(resource["dependencies"])
    told = {**resource, "dependencies": dependencies, "property_dependencies": used}
    return {k: v for k, v in told.items() if v and k not in ("created", "modified")}


def plain(name: str) -> str:
    """Return a name without what is never the same twice."""
    for pattern, replacement in RANDOM:
        name = pattern.sub(replacement, name)
    return name


@dataclass(frozen=True)
class Side:
    """What one engine's deployment was like, and what became of it."""

    deployed: Deployed
    states: dict[str, dict[tuple[str, bool], dict[str, Any]]]
    left: dict[str, list[str]]
    previews: dict[str, RunResult]
    """By layer: what the other engine would change."""
    destroyed: dict[str, dict[Operation, int]]
    """By layer: what the other engine deleted."""
    remains: dict[str, list[str]]


def _observed(deployed: Deployed, other: Engine) -> Side:
    """Look at a deployment, then preview and destroy it with the other engine."""
    return Side(
        deployed,
        states={layer: deployed.state(layer) for layer in LAYERS},
        left=deployed.left(),
        previews={layer: other.stack(layer).preview(lambda event: None) for layer in LAYERS},
        destroyed=deployed.destroy(other),
        remains=deployed.left(),
    )


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, launcher: WarmLauncher
) -> Iterator[tuple[Side, Side]]:
    """Two clouds, one deployed by the embedded engine, the other by the CLI, then the reverse."""
    homes = [tmp_path_factory.mktemp(name) for name in ("embedded", "pulumi")]
    made = [LocalEnvironment(LOCAL, home) for home in homes]
    try:
        ours, theirs = (Deployed(each, each.start(lambda text: None)) for each in made)
        with ThreadPoolExecutor() as pool:
            running = [
                pool.submit(ours.deploy, ours.embedded(launcher)),
                pool.submit(theirs.deploy, theirs.pulumi()),
            ]
        for each in running:
            each.result()
        yield _observed(ours, ours.pulumi()), _observed(theirs, theirs.embedded(launcher))
    finally:
        for environment in made:
            environment.cloud.stop()


def test_both_engines_do_the_same_steps(both: tuple[Side, Side]) -> None:
    ours, theirs = (side.deployed for side in both)
    for layer in LAYERS:
        assert ours.operations(layer) == theirs.operations(layer), layer
        assert ours.results[layer].counts == theirs.results[layer].counts, layer


def test_both_engines_leave_the_same_state_and_outputs(both: tuple[Side, Side]) -> None:
    ours, theirs = both
    renaming = Renaming()
    for layer in LAYERS:
        here, there = ours.states[layer], theirs.states[layer]
        assert here, layer
        assert here.keys() == there.keys(), layer
        found = [
            line for key in here for line in renaming.differences(here[key], there[key], key[0])
        ]
        mine, other = ours.deployed.results[layer], theirs.deployed.results[layer]
        found += renaming.differences(dict(mine.outputs), dict(other.outputs), "outputs")
        assert not found, "\n".join([layer, *found])
        assert mine.secret_outputs == other.secret_outputs, layer


def test_both_engines_leave_the_same_resources_in_the_cloud(both: tuple[Side, Side]) -> None:
    ours, theirs = both
    assert ours.left == theirs.left
    assert sum(map(len, ours.left.values())) > 100


def test_each_engine_sees_no_change_in_what_the_other_deployed(both: tuple[Side, Side]) -> None:
    for side in both:
        for layer, result in side.previews.items():
            assert result.ok, (layer, result.errors)
            assert result.changes == 0, (layer, result.counts)


def test_each_engine_destroys_what_the_other_deployed(both: tuple[Side, Side]) -> None:
    ours, theirs = both
    assert ours.destroyed == theirs.destroyed
    assert ours.remains == theirs.remains == {}
