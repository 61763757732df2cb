"""Recordings of the five programs, each run once in a process of its own."""

import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import yaml

from shared.contracts import CONTRACTS
from tests.stacks.program import CHECKOUT, Recording, run

Runner = Callable[..., Recording]


def configuration(layer: str, file: str = "Pulumi.local.yaml") -> dict[str, str]:
    """Return a stack's configuration as an engine hands it on, as text: defaults, then the file."""
    folder = CHECKOUT / "stacks" / layer
    declared = yaml.safe_load((folder / "Pulumi.yaml").read_text())["config"]
    values = {f"{layer}:{key}": item["default"] for key, item in declared.items()}
    values |= yaml.safe_load((folder / file).read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }


@pytest.fixture(scope="session")
def run_program() -> Iterator[Runner]:
    """Run a layer's program with changed configuration, over given outputs of other layers."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.stacks.program"])
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as processes:

        def runner(
            layer: str,
            upstream: Mapping[str, Mapping[str, Any]],
            changes: Mapping[str, str] | None = None,
            file: str = "Pulumi.local.yaml",
        ) -> Recording:
            config = {**configuration(layer, file), **(changes or {})}
            return processes.submit(run, layer, config, upstream).result(timeout=60)

        yield runner


@pytest.fixture(scope="session")
def recordings(run_program: Runner) -> dict[str, Recording]:
    """Every layer's program, run with the outputs of the layers before it."""
    done: dict[str, Recording] = {}
    for layer, contract in CONTRACTS.items():
        upstream = {consumed.layer: done[consumed.layer].outputs for consumed in contract.consumes}
        done[layer] = run_program(layer, upstream)
        assert done[layer].error == ""
    return done


@pytest.fixture(params=CONTRACTS)
def recording(request: pytest.FixtureRequest, recordings: dict[str, Recording]) -> Recording:
    """One layer's program, each layer in turn."""
    return recordings[request.param]
