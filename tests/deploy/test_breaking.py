"""Outputs that a change would take from deployed consumers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.breaking import Break, find, type_name
from deploy.engines.embedded import StackState
from shared.contracts import CONTRACTS

NAME = st.sampled_from("abcdef")
VALUE = st.recursive(
    st.one_of(st.text(max_size=3), st.integers(), st.floats(allow_nan=False), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAME, inner, max_size=2)),
    max_leaves=5,
)
OUTPUTS = st.dictionaries(NAME, VALUE)
CONSUMERS_OF_NETWORK = ["data", "edge", "migration"]


def _state(outputs: Mapping[str, Any] | None = None, resources: int = 1) -> StackState:
    return StackState(
        outputs=outputs or {},
        secret_output_names=frozenset(),
        resource_count=resources,
        pending_operations=(),
        resources=(),
        last_modified=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _owners(path: str) -> tuple[str, ...]:
    return (f"@owner-of-{path}",)


def _everything_deployed(network: Mapping[str, Any]) -> dict[str, StackState]:
    return {layer: _state(network if layer == "network" else None) for layer in CONTRACTS}


def _find(old: Mapping[str, Any], new: Mapping[str, Any], **options: Any) -> list[Break]:
    return find("network", new, _everything_deployed(old), CONTRACTS, _owners, **options)


@given(outputs=OUTPUTS, more=OUTPUTS)
def test_keeping_and_adding_outputs_breaks_nobody(
    outputs: dict[str, Any], more: dict[str, Any]
) -> None:
    assert _find(outputs, {**more, **outputs}) == []


@given(outputs=OUTPUTS, data=st.data())
def test_each_dropped_output_is_told_once_for_each_consumer(
    outputs: dict[str, Any], data: st.DataObject
) -> None:
    dropped = data.draw(st.sets(st.sampled_from(sorted(outputs)))) if outputs else set()
    kept = {name: value for name, value in outputs.items() if name not in dropped}
    found = _find(outputs, kept)
    assert [(item.consumer, item.output) for item in found] == [
        (consumer, name) for consumer in CONSUMERS_OF_NETWORK for name in sorted(dropped)
    ]
    assert all(item.promised_type is None for item in found)


@given(old=OUTPUTS, new=OUTPUTS)
def test_outputs_known_only_after_the_deployment_break_nobody(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert _find(old, new, unknown=frozenset(old)) == []


@given(old=VALUE, new=VALUE)
def test_a_retyped_output_is_one_whose_types_differ_either_way(old: Any, new: Any) -> None:
    there, back = _find({"a": old}, {"a": new}), _find({"a": new}, {"a": old})
    assert bool(there) == bool(back)
    if type_name(old) == type_name(new):
        assert there == []
    for item in there:
        assert (item.deployed_type, item.promised_type) == (type_name(old), type_name(new))


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ("text", 1, True),
        (True, 1, True),
        (1, 1.5, False),
        (["x"], [], False),
        (["x"], [1], True),
        (["x"], {"a": "x"}, True),
        ("x", None, True),
        (None, "x", False),
        ([["x"]], [[]], True),
    ],
)
def test_types_are_told_apart_as_json_does(old: Any, new: Any, broken: bool) -> None:
    assert bool(_find({"a": old}, {"a": new})) == broken


def test_only_consumers_whose_program_reads_the_output_are_listed_with_their_owners() -> None:
    reads = {"data": {"vpc"}, "migration": {"subnets"}, "edge": {"vpc", "subnets"}}
    found = _find({"vpc": "v", "subnets": ["s"]}, {"subnets": ["s"]}, reads=reads.__getitem__)
    assert found == [
        Break("network", "vpc", layer, (f"@owner-of-stacks/{layer}/",), "string", None)
        for layer in ("data", "edge")
    ]


def test_layers_that_are_not_deployed_lose_nothing() -> None:
    deployed = {"network": _state({"vpc": "v"}), "data": _state(resources=0)}
    assert find("network", {}, deployed, CONTRACTS, _owners) == []
    assert find("network", {}, {"data": _state()}, CONTRACTS, _owners) == []


def test_layers_that_do_not_consume_the_producer_lose_nothing() -> None:
    deployed = {"edge": _state({"api_url": "u"}), "data": _state(), "observability": _state()}
    found = find("edge", {}, deployed, CONTRACTS, _owners)
    assert [item.consumer for item in found] == ["observability"]


def test_a_break_reads_as_a_sentence() -> None:
    dropped, retyped = _find({"a": "x", "b": [1]}, {"b": ["x"]}, reads=lambda _: {"a", "b"})[:2]
    assert str(dropped) == "network.a is dropped; data (@owner-of-stacks/data/) uses it"
    assert str(retyped) == (
        "network.b changes from list of number to list of string; "
        "data (@owner-of-stacks/data/) uses it"
    )
