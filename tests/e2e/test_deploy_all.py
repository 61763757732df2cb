"""What a newcomer sees of the first deployment."""

import re
import subprocess

from shared.contracts import CONTRACTS
from tooling.checkout import Checkout, Finished

Deployment = tuple[Checkout, Finished]
PROMISED = (
    "network.production_vpc_id",
    "network.migration_vpc_id",
    "network.transit_gateway_id",
    "data.source_endpoint",
    "data.source_port",
    "data.source_secret_arn",
    "data.target_endpoint",
    "data.target_port",
    "data.target_secret_arn",
    "data.database_name",
    "data.route_parameter_name",
    "migration.replication_task_arn",
    "migration.migration_state_machine_arn",
    "migration.checkpoints_bucket",
    "edge.api_url",
    "observability.error_alerts_topic_arn",
)


def test_the_plan_is_a_tree_in_dependency_order(deployment: Deployment) -> None:
    tree = deployment[1].output.partition("deploy local")[2]
    places = [tree.index(f"── {layer} (") for layer in CONTRACTS]

    assert places == sorted(places)


def test_migration_and_edge_are_deployed_side_by_side(deployment: Deployment) -> None:
    output = deployment[1].output
    begun = [re.search(rf"^{layer} +▶", output, re.MULTILINE) for layer in ("migration", "edge")]
    ended = [output.index(f"✓ {layer} succeeded") for layer in ("migration", "edge")]

    assert all(begun), output
    assert max(found.start() for found in begun if found) < min(ended)


def test_the_summary_counts_at_least_160_resources(deployment: Deployment) -> None:
    total = re.search(
        r"^all\s+(\d+)\s+(\d+)\s+0\s+0\s+0\s+[\d.]+$", deployment[1].output, re.MULTILINE
    )

    assert total is not None, deployment[1].output
    assert int(total[1]) == int(total[2]) >= 160


def test_the_flat_outputs_have_every_output_of_every_contract(deployment: Deployment) -> None:
    outputs = deployment[0].outputs()

    assert set(PROMISED) <= set(outputs)
    assert set(outputs) == {
        f"{layer}.{field.name}"
        for layer, contract in CONTRACTS.items()
        for field in contract.fields()
    }
    assert all(value not in (None, "") for value in outputs.values())


def test_the_curl_that_is_printed_makes_a_payment_when_pasted(deployment: Deployment) -> None:
    command = deployment[1].output.partition("try it:\n")[2]

    ran = subprocess.run(
        ["bash", "-c", command.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
    )

    assert ran.stdout.splitlines()[-1] == "201"


def test_status_shows_every_layer_as_deployed(deployment: Deployment) -> None:
    finished = deployment[0].invoke("status")

    assert finished.status == 0
    for layer in CONTRACTS:
        assert re.search(rf"^{layer}\s+deployed\s+\d+", finished.output, re.MULTILINE)


def test_everything_local_lives_under_one_ignored_folder(deployment: Deployment) -> None:
    checkout = deployment[0]
    ignored = (checkout.folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    made = {path.name for path in checkout.folder.iterdir()} - {"__pycache__"}
    committed = {
        path.name for path in Checkout.create(checkout.folder.parent / "again").folder.iterdir()
    }

    assert {f"/{name}/" for name in made - committed} <= set(ignored)
