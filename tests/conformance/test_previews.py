"""`preview-all` on either engine before anything is deployed, on one laptop cloud.

The commands themselves run here, in a checkout of their own: what a program is told to take
placeholders for comes from the plan, and reaches it through the engine.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.environments import EngineName
from deploy.places import REPOSITORY
from shared.contracts import CONTRACTS
from tooling.checkout import Checkout, Finished

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (REPOSITORY / "uv.lock").exists(),
        reason="the CLI wants uv.lock beside the programs, which `uv run` makes",
    ),
]

ENGINES = (EngineName.PULUMI, EngineName.EMBEDDED)
READS = {
    layer: sorted(upstream.layer for upstream in contract.consumes)
    for layer, contract in CONTRACTS.items()
}


@dataclass(frozen=True)
class Preview:
    """A preview's output and report, and what `status` told after it."""

    finished: Finished
    report: dict[str, Any]
    status: Finished

    @property
    def layers(self) -> dict[str, Any]:
        """What the report says of each layer."""
        return {layer["layer"]: layer for layer in self.report["layers"]}


@pytest.fixture(scope="module")
def previewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[EngineName, Preview]]:
    """Everything previewed on each engine, the CLI first: it makes stacks for the time of it."""
    checkout = Checkout.create(tmp_path_factory.mktemp("previewed"))
    # Lent, so that the CLI does not make an environment anew: it looks for it in the checkout.
    (checkout.folder / ".venv").symlink_to(sys.prefix)
    shutil.copy2(REPOSITORY / "uv.lock", checkout.folder)
    try:
        yield {engine: preview(checkout, engine) for engine in ENGINES}
    finally:
        checkout.invoke("local-stop")


def preview(checkout: Checkout, engine: EngineName) -> Preview:
    """Preview every layer on an engine."""
    report = checkout.folder / f"{engine}.json"
    finished = checkout.invoke("preview-all", "--engine", engine, "--report", str(report))
    assert finished.status == 0, finished.output
    return Preview(finished, json.loads(report.read_text()), checkout.invoke("status"))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_plan_says_on_whose_placeholders_each_layer_rests(
    previewed: dict[EngineName, Preview], engine: EngineName
) -> None:
    found = previewed[engine]
    assert found.report["engine"] == engine
    assert {layer: told["placeholders"] for layer, told in found.layers.items()} == READS
    for layer, upstream in READS.items():
        (line,) = re.findall(rf"[├└]── {layer} \((.*)\)$", found.finished.output, re.MULTILINE)
        assert line.startswith("new")
        _, _, resting = line.partition("on placeholders of ")
        assert resting == " and ".join(upstream)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_program_warns_of_the_placeholders_that_it_takes(
    previewed: dict[EngineName, Preview], engine: EngineName
) -> None:
    for layer, upstream in READS.items():
        warnings = [
            line for line in previewed[engine].finished.lines(layer) if "is not deployed" in line
        ]
        assert len(warnings) == len(upstream), warnings
        for each in upstream:
            assert any(f"{each} is not deployed: this preview takes" in line for line in warnings)


def test_both_engines_show_the_same_creations(previewed: dict[EngineName, Preview]) -> None:
    shown = {
        engine: {
            layer: (
                told["counts"],
                sorted((each["operation"], each["type"], each["name"]) for each in told["changes"]),
            )
            for layer, told in found.layers.items()
        }
        for engine, found in previewed.items()
    }
    assert shown[EngineName.PULUMI] == shown[EngineName.EMBEDDED]
    assert all(set(counts) == {"create"} for counts, _ in shown[EngineName.PULUMI].values())


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_deployed_afterwards(
    previewed: dict[EngineName, Preview], engine: EngineName
) -> None:
    assert previewed[engine].status.output.count("not deployed") == len(READS)
