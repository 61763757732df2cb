"""The orchestrator's commands on a deployment of their own, in a git repository.

Each test leaves the deployment as it found it.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from shared.contracts import CONTRACTS
from tests.deploy import repository
from tooling.checkout import REPOSITORY, Checkout, Finished

pytestmark = pytest.mark.campaign

LAYERS = list(CONTRACTS)


@dataclass(frozen=True)
class Orchestrated:
    """A deployed checkout, and what the commands said that brought it there."""

    checkout: Checkout
    previewed: Finished
    status_after_preview: Finished
    deployed: Finished
    status: Finished

    @property
    def report(self) -> Path:
        return self.checkout.folder / "report.json"

    @property
    def junit(self) -> Path:
        return self.checkout.folder / "report.xml"

    def run_with_reports(self, *arguments: str) -> Finished:
        return self.checkout.invoke(
            *arguments, "--report", str(self.report), "--junit", str(self.junit)
        )

    def layers_of_report(self) -> dict[str, dict[str, object]]:
        document = json.loads(self.report.read_text(encoding="utf-8"))
        return {layer["layer"]: layer for layer in document["layers"]}


@pytest.fixture(scope="module")
def here(make_checkout: Callable[[str], Checkout]) -> Orchestrated:
    checkout = make_checkout("orchestrated")
    with (checkout.folder / ".gitignore").open("a", encoding="utf-8") as ignored:
        ignored.write("/report.*\n")
    repository.commit(checkout.folder)
    previewed = checkout.invoke("preview-all")
    status = checkout.invoke("status")
    deployed = checkout.invoke("deploy-all")
    assert deployed.status == 0, deployed.output
    told = checkout.invoke("status", "--format", "json")
    return Orchestrated(checkout, previewed, status, deployed, told)


@contextmanager
def edited(checkout: Checkout, name: str, edit: Callable[[str], str]) -> Iterator[Path]:
    """Change a file for the block, and put it back."""
    path = checkout.folder / name
    before = path.read_text(encoding="utf-8")
    after = edit(before)
    assert after != before
    path.write_text(after, encoding="utf-8")
    try:
        yield path
    finally:
        path.write_text(before, encoding="utf-8")


def _without(text: str) -> Callable[[str], str]:
    """Return what takes a text out of a file."""
    return lambda content: content.replace(text, "")


def _states(checkout: Checkout) -> dict[str, bytes]:
    """Return the state files, byte by byte."""
    folder = checkout.home / "state" / ".pulumi" / "stacks"
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def test_a_preview_before_anything_is_deployed_shows_everything_on_placeholders(
    here: Orchestrated,
) -> None:
    output = here.previewed.output

    assert here.previewed.status == 0, output
    assert "preview local" in output
    assert re.search(r"data \(new, on placeholders of network\)", output), output
    assert re.search(r"edge \(new, .*on placeholders of data and network\)", output), output
    shown = re.search(r"^all\s+0\s+(\d+)\s+0\s+0\s+0", output, re.MULTILINE)
    assert shown is not None, output
    deployed = re.search(r"^all\s+\d+\s+(\d+)", here.deployed.output, re.MULTILINE)
    assert deployed is not None
    assert shown[1] == deployed[1]


def test_a_preview_changes_nothing(here: Orchestrated) -> None:
    assert here.status_after_preview.output.count("not deployed") == len(LAYERS)


def test_status_tells_the_commit_who_deployed_it_and_that_nothing_is_pending(
    here: Orchestrated,
) -> None:
    document = json.loads(here.status.output)

    assert here.status.status == 0
    assert [layer["layer"] for layer in document["layers"]] == LAYERS
    for layer in document["layers"]:
        assert layer["state"] == "deployed"
        assert re.fullmatch(r"[0-9a-f]{40}", layer["commit"])
        assert not layer["dirty"]
        assert "@" in layer["deployed_by"]
        assert not any(layer["pending"].values()), layer


def test_status_names_the_changes_that_are_pending(here: Orchestrated) -> None:
    name = "stacks/edge/Pulumi.local.yaml"
    with edited(here.checkout, name, lambda text: text + "\n# changed\n"):
        finished = here.checkout.invoke("status", "edge", "data")

    rows = {line.split()[0]: line for line in finished.output.splitlines() if line.strip()}
    assert rows["edge"].rstrip().endswith(name)
    assert rows["data"].rstrip().endswith("none")
    assert "network" not in rows


def test_affected_layers_are_told_with_the_file_and_the_imports_that_lead_to_it(
    here: Orchestrated,
) -> None:
    with edited(here.checkout, "functions/payments/handler.py", lambda text: text + "\n"):
        finished = here.checkout.invoke("preview-all", "--affected", "HEAD")

    assert finished.status == 0, finished.output
    reason = (
        "selected edge  functions/payments/handler.py (uncommitted)"
        " ← stacks/edge/lambda_functions.py"
    )
    assert reason in finished.output
    assert re.search(r"^all\s+\d+\s+0\s+1\s+0\s+0", finished.output, re.MULTILINE)


def test_a_new_file_selects_its_layer_and_with_dependents_those_on_top(here: Orchestrated) -> None:
    new = here.checkout.folder / "stacks" / "edge" / "unused.py"
    new.write_text('"""New."""\n', encoding="utf-8")
    try:
        finished = here.checkout.invoke(
            "graph", "--affected", "HEAD", "--with-dependents", "--format", "json"
        )
    finally:
        new.unlink()

    layers = [layer["layer"] for layer in json.loads(finished.output)["layers"]]
    assert layers == ["edge", "observability"]


def test_nothing_affected_deploys_nothing(here: Orchestrated) -> None:
    finished = here.checkout.invoke("deploy-all", "--affected", "HEAD")

    assert finished.status == 0
    assert "no layer is affected by what changed since HEAD" in finished.output


def test_a_failed_run_is_reported_and_resumed_where_it_failed(here: Orchestrated) -> None:
    before = here.checkout.configure("edge", paymentsMemorySize=64)
    try:
        failed = here.run_with_reports("deploy-all", "--parallel", "1")
    finally:
        here.checkout.restore("edge", before)
    layers, junit = here.layers_of_report(), ElementTree.parse(here.junit).getroot()

    assert failed.status == 1, failed.output
    schema = json.loads((REPOSITORY / "docs" / "deploy-report.schema.json").read_text())
    jsonschema.validate(json.loads(here.report.read_text()), schema)
    assert [layer["outcome"] for layer in layers.values()] == [
        *["succeeded"] * 3,
        "failed",
        "blocked",
    ]
    assert layers["observability"]["blocked_by"] == "edge"
    log = Path(str(layers["edge"]["log"]))
    assert log.is_relative_to(here.checkout.home)
    assert "128" in log.read_text(encoding="utf-8")
    assert str(log) in failed.output
    assert failed.output.count(str(log.parent)) == 1
    assert (junit.get("failures"), junit.get("errors")) == ("1", "1")
    assert _at_most_one_at_a_time(failed)

    resumed = here.run_with_reports("deploy-all", "--resume")

    assert resumed.status == 0, resumed.output
    assert "done before and unchanged: network, data, migration" in resumed.output
    outcomes = [layer["outcome"] for layer in here.layers_of_report().values()]
    assert outcomes == [*["done before"] * 3, *["succeeded"] * 2]


def _at_most_one_at_a_time(finished: Finished) -> bool:
    running = 0
    for line in finished.output.splitlines():
        running += " ▶ " in line
        running -= line[:1] in "✓✗" and line != ""
        if running > 1:
            return False
    return True


def test_drift_is_found_property_by_property_and_nowhere_else(here: Orchestrated) -> None:
    vpc = here.checkout.outputs()["network.production_vpc_id"]
    ec2 = here.checkout.clients()("ec2")
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Changed", "Value": "by hand"}])
    try:
        drifted = here.run_with_reports("drift", "network", "data")
    finally:
        ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Changed"}])

    assert drifted.status == 3, drifted.output
    line = "network vpc-production-local (aws:ec2/vpc:Vpc): tags.Changed is 'by hand', recorded as"
    assert line in drifted.output
    assert "network: 1 resource differs" in drifted.output
    assert "data: as recorded" in drifted.output
    assert json.loads(here.report.read_text())["outcome"] == "drifted"
    assert here.checkout.invoke("drift", "network").status == 0


def test_outputs_are_had_whole_by_layer_and_one_by_one(here: Orchestrated) -> None:
    everything = json.loads(here.checkout.invoke("outputs").output)
    layer = json.loads(here.checkout.invoke("outputs", "data").output)
    value = here.checkout.invoke("outputs", "data.source_endpoint").output

    assert everything == here.checkout.outputs()
    assert layer == {
        key.partition(".")[2]: value for key, value in everything.items() if key.startswith("data.")
    }
    assert value == f"{layer['source_endpoint']}\n"


def test_destroying_asks_and_off_a_terminal_names_the_command(here: Orchestrated) -> None:
    before = _states(here.checkout)

    finished = here.checkout.invoke("destroy", "edge", "--with-dependents")

    assert finished.status == 2
    assert "observability (55 resources to destroy)" in finished.output
    assert "next: invoke destroy edge --with-dependents --yes" in finished.output
    assert _states(here.checkout) == before


def test_an_output_that_a_deployed_layer_uses_cannot_be_dropped_unawares(
    here: Orchestrated,
) -> None:
    before = _states(here.checkout)
    field = "migration_private_subnet_ids"

    def without_field(text: str) -> str:
        text = re.sub(rf" +{field}: (?:.|\n)*?\n    \)\n", "", text)
        return re.sub(rf" +{field}=[^\n]*\n", "", text)

    with (
        edited(here.checkout, "shared/contracts/network.py", without_field),
        edited(here.checkout, "stacks/network/__main__.py", without_field),
    ):
        deployed = here.checkout.invoke("deploy", "network")
        unconfirmed = here.checkout.invoke("deploy", "network", "--allow-breaking")

    assert deployed.status == 1, deployed.output
    broken = f"network.{field} is dropped; migration (@payments/migration) uses it"
    assert broken in deployed.output
    assert _states(here.checkout).keys() == before.keys()
    assert field in (here.checkout.invoke("outputs", "network").output)
    assert unconfirmed.status == 2
    assert "--allow-breaking --yes" in unconfirmed.output


def _add_circle(text: str) -> str:
    return text.replace(
        "from shared.contracts.network import",
        "from shared.contracts.edge import EdgeOutputs\nfrom shared.contracts.network import",
    ).replace("consumes=(NetworkOutputs,)", "consumes=(NetworkOutputs, EdgeOutputs)")


@pytest.mark.parametrize(
    ("name", "edit", "told", "cure"),
    [
        (
            "stacks/edge/Pulumi.local.yaml",
            lambda text: "config: [unclosed",
            "stacks/edge/Pulumi.local.yaml cannot be read as YAML",
            "correct the file",
        ),
        (
            "stacks/edge/__main__.py",
            _without("        api_id=api.api.id,\n"),
            "EdgeOutputs is filled without api_id",
            "shared/contracts/edge.py",
        ),
        (
            "shared/contracts/data.py",
            _add_circle,
            "layers depend on each other in a circle: ",
            "take one of them out of consumes",
        ),
        (
            ".laptop-cloud/state/.pulumi/stacks/network/local.json",
            lambda text: text[: len(text) // 2],
            "is truncated or damaged",
            "next: invoke local-stop, then: invoke deploy-all",
        ),
        (
            ".laptop-cloud/state/.pulumi/stacks/network/local.json",
            lambda text: text.replace('"version":3', '"version":99'),
            "has version 99",
            "next: invoke local-stop, then: invoke deploy-all",
        ),
        (
            ".laptop-cloud/deployments.json",
            lambda text: text[:100],
            "deployments.json cannot be read",
            "next: remove",
        ),
    ],
    ids=["configuration", "contract field", "circle", "truncated", "other version", "record"],
)
def test_bad_input_is_refused_with_the_cure_and_no_state_is_touched(
    here: Orchestrated, name: str, edit: Callable[[str], str], told: str, cure: str
) -> None:
    with edited(here.checkout, name, edit):
        before = _states(here.checkout)
        finished = here.checkout.invoke("deploy-all")
        after = _states(here.checkout)

    assert finished.status == 2, finished.output
    assert told in finished.output
    assert cure in finished.output
    assert "Traceback" not in finished.output
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("preview", "egde"), "valid layers: network, data, migration, edge, observability"),
        (("drift", "egde"), "valid layers: network, data, migration, edge, observability"),
        (("status", "egde"), "valid layers: network, data, migration, edge, observability"),
        (("outputs", "egde"), "valid layers: network, data, migration, edge, observability"),
        (("outputs", "edge.api_ulr"), "its outputs: "),
        (("deploy",), "name at least one layer"),
        (("deploy-all", "--engine", "steam"), "valid engines: embedded, pulumi"),
        (("deploy-all", "--parallel", "none"), "--parallel none: give a whole number"),
        (("deploy-all", "--affected", "nowhere"), "give a branch, a tag or a commit"),
        (("deploy-all", "--report", "/nowhere/report.json"), "cannot write the report"),
        (("graph", "--format", "picture"), "valid formats: text, mermaid, json"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    here: Orchestrated, arguments: tuple[str, ...], told: str
) -> None:
    finished = here.checkout.invoke(*arguments)

    assert finished.status == 2, finished.output
    assert told in finished.output
