"""Contracts are whole, and what a layer does not declare it cannot read."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from pulumi import Output

from shared.contracts import CONTRACTS, Contract, DataOutputs, NetworkOutputs, output

REPOSITORY = Path(__file__).resolve().parents[2]

PROGRAM = """
import pulumi
from pulumi.runtime import Mocks, MockCallArgs, MockResourceArgs

class Deployed(Mocks):
    def new_resource(self, args):
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {{"name": args.name, "outputs": {outputs}}}
        return args.name, args.inputs
    def call(self, args):
        return {{}}

pulumi.runtime.set_mocks(Deployed(), project="{project}", stack="test")

from shared.contracts import {contract}
from shared.references import require

@pulumi.runtime.test
def program():
    return require({contract}).{field}.apply(print)

program()
"""


def _read(
    project: str, contract: str, field: str, outputs: Mapping[str, object]
) -> tuple[int, str]:
    program = PROGRAM.format(project=project, contract=contract, field=field, outputs=outputs)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20,
    )
    return ran.returncode, ran.stdout


def test_every_layer_consumes_only_layers_that_exist() -> None:
    known = set(CONTRACTS.values())

    assert all(set(contract.consumes) <= known for contract in known)


def test_a_forgotten_output_is_an_error() -> None:
    with pytest.raises(TypeError, match="transit_gateway_id"):
        NetworkOutputs(production_vpc_id=cast("Output[str]", "vpc-1"))  # type: ignore[call-arg]


def test_a_field_that_is_not_declared_as_an_output_is_an_error() -> None:
    class Loose(Contract, layer="loose"):
        fine: str = output("Documented", "placeholder")
        loose: str = ""

    with pytest.raises(TypeError, match=r"Loose\.loose"):
        list(Loose.fields())


def test_a_consumer_reads_what_the_producer_exported() -> None:
    outputs = {field.name: f"value of {field.name}" for field in NetworkOutputs.fields()}

    status, printed = _read("data", "NetworkOutputs", "production_vpc_id", outputs)

    assert status == 0, printed
    assert "value of production_vpc_id" in printed


def test_a_whole_number_arrives_as_one() -> None:
    placeholders = {field.name: field.placeholder for field in DataOutputs.fields()}

    status, printed = _read(
        "edge", "DataOutputs", "source_port", {**placeholders, "source_port": 6543.0}
    )

    assert status == 0, printed
    assert "6543\n" in printed


def test_reading_an_undeclared_layer_is_refused_and_says_where_to_declare_it() -> None:
    status, printed = _read("network", "DataOutputs", "database_name", {})

    assert status != 0
    assert "network reads data but declares only: none" in printed
    assert "shared.contracts.network" in printed


def test_an_output_that_the_producer_lacks_is_named_with_the_command_that_mends_it() -> None:
    status, printed = _read("data", "NetworkOutputs", "production_vpc_id", {})

    assert status != 0
    assert "layer network has no output" in printed
    assert "invoke deploy network" in printed
