"""Redeploying one layer alone, and what is refused."""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from shared.contracts import CONTRACTS
from tooling.checkout import Checkout, Finished

pytestmark = pytest.mark.campaign

Clients = Callable[[str], Any]
PATIENCE_SECONDS = 60.0


def _changes(finished: Finished) -> list[int]:
    """Return created, updated, replaced and deleted of all layers, from the summary."""
    total = re.search(r"^all\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", finished.output, re.MULTILINE)
    assert total is not None, finished.output
    return [int(number) for number in total.groups()]


def _layers_that_ran(finished: Finished) -> set[str]:
    return {layer for layer in CONTRACTS if f"✓ {layer} succeeded" in finished.output}


def test_a_layer_without_a_change_reports_none_and_no_other_layer_runs(deployed: Checkout) -> None:
    finished = deployed.invoke("deploy", "edge")

    assert finished.status == 0, finished.output
    assert _changes(finished) == [0, 0, 0, 0]
    assert _layers_that_ran(finished) == {"edge"}


def test_a_later_command_finds_the_process_for_programs_warm(deployed: Checkout) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not list(deployed.home.glob("programs-*.sock")):
        assert time.monotonic() < until, "no server of programs was started"
        time.sleep(0.1)
    with deployed.start("deploy", "network") as command:
        started = set[str]()
        while command.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(command.pid).children(recursive=True)
                started |= {" ".join(process.cmdline()) for process in family}
        assert command.returncode == 0
    assert [line for line in started if "zygote" in line] == []


def test_everything_again_changes_nothing(deployed: Checkout) -> None:
    finished = deployed.invoke("deploy-all")

    assert finished.status == 0, finished.output
    assert _changes(finished) == [0, 0, 0, 0]


def test_a_changed_memory_size_updates_exactly_that_function(
    deployed: Checkout, clients: Clients
) -> None:
    function = deployed.outputs()["edge.payments_function_name"]
    before = deployed.configure("edge", paymentsMemorySize=640)
    try:
        finished = deployed.invoke("deploy", "edge")

        assert finished.status == 0, finished.output
        assert _changes(finished) == [0, 1, 0, 0]
        assert [line for line in finished.lines("edge") if " ~ " in line and function in line]
        settings = clients("lambda").get_function_configuration(FunctionName=function)
        assert settings["MemorySize"] == 640
    finally:
        deployed.restore("edge", before)
        deployed.invoke("deploy", "edge")


def test_several_layers_can_be_named(deployed: Checkout) -> None:
    finished = deployed.invoke("deploy", "observability", "edge")

    assert finished.status == 0, finished.output
    assert _layers_that_ran(finished) == {"edge", "observability"}


def test_a_failing_layer_blocks_its_dependents_and_lets_the_others_finish(
    deployed: Checkout,
) -> None:
    function = deployed.outputs()["edge.payments_function_name"]
    before = deployed.configure("edge", paymentsMemorySize=64)
    try:
        finished = deployed.invoke("deploy-all")
    finally:
        deployed.restore("edge", before)

    assert finished.status == 1
    assert _layers_that_ran(finished) == {"network", "data", "migration"}
    assert "⊘ observability blocked: edge failed" in finished.output
    error = finished.output.partition("✗ edge failed to deploy")[2]
    assert function in error
    assert "128" in error
    assert "next: correct the cause, then: invoke deploy edge observability" in error


def test_destroying_what_others_need_is_refused_with_the_ordered_command(
    deployed: Checkout, clients: Clients
) -> None:
    finished = deployed.invoke("destroy", "network")

    assert finished.status == 2
    assert "data, migration, edge, observability depend on it" in finished.output
    assert "invoke destroy observability edge migration data network" in finished.output
    assert clients("ec2").describe_vpcs(VpcIds=[deployed.outputs()["network.production_vpc_id"]])[
        "Vpcs"
    ]


@pytest.mark.parametrize(
    ("arguments", "valid"),
    [
        (("deploy", "egde"), "network, data, migration, edge, observability"),
        (("destroy", "egde"), "network, data, migration, edge, observability"),
        (("deploy-all", "--environment", "moon"), "local"),
        (("psql", "middle"), "source, target"),
    ],
)
def test_an_unknown_name_is_refused_with_the_valid_ones(
    deployed: Checkout, arguments: tuple[str, ...], valid: str
) -> None:
    finished = deployed.invoke(*arguments)

    assert finished.status == 2
    assert "unknown" in finished.output
    assert valid in finished.output
