"""Placeholders have the shape of what they stand for, and look like nothing else."""

from typing import Any

import pytest

from shared import placeholders
from shared.contracts import CONTRACTS, OutputField

FIELDS = [(layer, field) for layer, contract in CONTRACTS.items() for field in contract.fields()]
NAMES = [f"{layer}.{field.name}" for layer, field in FIELDS]


def _declared_type(layer: str, field: OutputField) -> str:
    annotations: dict[str, str] = CONTRACTS[layer].__annotations__
    return annotations[field.name].removeprefix("Output[").removesuffix("]")


@pytest.mark.parametrize(("layer", "field"), FIELDS, ids=NAMES)
def test_a_placeholder_has_the_type_of_its_output(layer: str, field: OutputField) -> None:
    value = field.placeholder
    actual = {str: "str", int: "int", list: "Sequence[str]"}[type(value)]
    assert actual == _declared_type(layer, field)
    if isinstance(value, list):
        assert len(set(value)) == 3, "one for each availability zone"


@pytest.mark.parametrize(("layer", "field"), FIELDS, ids=NAMES)
def test_a_placeholder_is_known_by_its_looks_unless_it_is_a_number(
    layer: str, field: OutputField
) -> None:
    assert placeholders.is_placeholder(field.placeholder) != isinstance(field.placeholder, int)


@pytest.mark.parametrize(("layer", "field"), FIELDS, ids=NAMES)
def test_what_aws_names_an_arn_can_be_taken_apart_as_one(layer: str, field: OutputField) -> None:
    is_arn = isinstance(field.placeholder, str) and field.placeholder.startswith("arn:")
    assert is_arn == field.name.endswith("_arn")
    if is_arn:
        _, partition, service, region, account, resource = field.placeholder.split(":", 5)
        assert partition == "aws"
        assert all((service, region, resource))
        assert len(account) == 12


def test_no_two_ids_or_arns_of_a_layer_have_one_placeholder() -> None:
    for layer, contract in CONTRACTS.items():
        texts = [f.placeholder for f in contract.fields() if f.name.endswith(("_id", "_arn"))]
        assert len(texts) == len(set(texts)), layer


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("vpc-0a1b2c3d4e5f60718", False),
        ("arn:aws:kms:ap-southeast-1:123456789012:key/1", False),
        ("arn:aws:kms:us-east-1:000000000000:key/1", True),
        ("function-PLACEHOLDER-local", True),
        ({"deep": ["fine", {"er": "placeholder"}]}, True),
        ({"placeholder": "fine"}, False),
        (5432, False),
        (None, False),
    ],
)
def test_placeholders_are_found_at_any_depth(value: Any, expected: bool) -> None:
    assert placeholders.is_placeholder(value) == expected


def test_the_layers_that_are_asked_for_are_read_from_the_environment() -> None:
    environ = {placeholders.VARIABLE: "network, data"}
    assert placeholders.requested(environ, CONTRACTS) == {"network", "data"}
    assert placeholders.requested({}, CONTRACTS) == frozenset()


def test_a_layer_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"names netwerk; the layers are network, data"):
        placeholders.requested({placeholders.VARIABLE: "netwerk"}, CONTRACTS)
