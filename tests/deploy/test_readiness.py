"""What is found wrong before anything is started."""

from pathlib import Path

import pytest

from deploy.declarations import circle
from deploy.readiness import contract_faults
from shared.contracts import CONTRACTS, EdgeOutputs

FIELDS = [field.name for field in EdgeOutputs.fields()]


def _program(stacks: Path, *arguments: str) -> None:
    (stacks / "edge").mkdir(parents=True)
    call = f"references.export(\n    EdgeOutputs({', '.join(arguments)})\n)\n"
    (stacks / "edge" / "__main__.py").write_text(call, encoding="utf-8")


@pytest.mark.parametrize("layer", CONTRACTS)
def test_the_programs_of_this_repository_fill_their_contracts(layer: str) -> None:
    assert contract_faults(layer) == []


def test_an_output_that_is_left_out_is_named_with_the_place_and_the_cure(tmp_path: Path) -> None:
    _program(tmp_path / "stacks", *(f"{name}=x" for name in FIELDS if name != "api_url"))

    [fault] = contract_faults("edge", tmp_path / "stacks")

    assert "stacks/edge/__main__.py:2: EdgeOutputs is filled without api_url" in fault
    assert "export it there, or take it out of shared/contracts/edge.py" in fault


def test_an_output_that_the_contract_lacks_is_named(tmp_path: Path) -> None:
    _program(tmp_path / "stacks", *(f"{name}=x" for name in [*FIELDS, "colour"]))

    [fault] = contract_faults("edge", tmp_path / "stacks")

    assert "EdgeOutputs has no colour" in fault


def test_outputs_given_as_a_mapping_are_left_to_the_program(tmp_path: Path) -> None:
    _program(tmp_path / "stacks", "**outputs")

    assert contract_faults("edge", tmp_path / "stacks") == []


def _contract(folder: Path, name: str, *consumes: str) -> None:
    imported = "".join(
        f"from shared.contracts.{other.lower()} import {other}Outputs\n" for other in consumes
    )
    consumed = ", ".join(f"{other}Outputs" for other in consumes)
    text = (
        f'class {name}Outputs(Contract, layer="{name.lower()}", consumes=({consumed},)):\n'
        '    """Nothing."""\n'
    )
    (folder / f"{name.lower()}.py").write_text(imported + text, encoding="utf-8")


def test_a_circle_of_contracts_is_told_in_terms_of_layers(tmp_path: Path) -> None:
    _contract(tmp_path, "Base")
    _contract(tmp_path, "Data", "Base", "Edge")
    _contract(tmp_path, "Edge", "Data")

    assert circle(tmp_path) == "data → edge → data"


def test_contracts_without_a_circle_have_none() -> None:
    assert circle() is None
