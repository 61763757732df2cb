"""How recorded and live properties differ, path by path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.engines.drift import PropertyDrift, property_drifts

SCALAR = st.one_of(st.text(max_size=3), st.integers(0, 3), st.booleans())
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def _drifts(recorded: Any, live: Any) -> list[tuple[str, Any, Any]]:
    found = property_drifts({"p": recorded}, {"p": live}, ["p"])
    return [(drift.path, drift.recorded, drift.live) for drift in found]


@pytest.mark.parametrize(
    ("recorded", "live", "expected"),
    [
        (1, 2, [("p", 1, 2)]),
        (None, {"a": 1}, [("p", None, {"a": 1})]),
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, [("p.b", 2, None), ("p.c", None, 3)]),
        ({"a.b": 1}, {"a.b": 2}, [('p["a.b"]', 1, 2)]),
        ([1, 2, 3], [3, 1], [("p[1]", 2, None)]),
        ([1], [2, 1], [("p[0]", None, 2)]),
        ([1, 1], [1], [("p[1]", 1, None)]),
        (
            [{"port": 443, "to": "x"}, {"port": 80, "to": "y"}],
            [{"port": 80, "to": "y"}, {"port": 444, "to": "x"}],
            [("p[0].port", 443, 444)],
        ),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [("p.a[0].b", 1, 2)]),
        ([1, 2], [2, 1], [("p", [1, 2], [2, 1])]),
    ],
)
def test_differences_are_told_at_the_deepest_path(
    recorded: Any, live: Any, expected: list[tuple[str, Any, Any]]
) -> None:
    assert _drifts(recorded, live) == expected


@given(recorded=VALUE, live=VALUE)
def test_what_is_told_to_differ_does_and_something_is_always_told(recorded: Any, live: Any) -> None:
    found = _drifts(recorded, live)
    assert found
    if recorded != live:
        assert all(before != after for _, before, after in found)


@given(recorded=VALUE, live=VALUE)
def test_the_other_way_round_the_same_values_are_told(recorded: Any, live: Any) -> None:
    there = sorted(repr((before, after)) for _, before, after in _drifts(recorded, live))
    back = sorted(repr((before, after)) for _, after, before in _drifts(live, recorded))
    assert there == back


def test_only_the_named_properties_count_in_order_of_their_names() -> None:
    recorded, live = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 2}
    found = property_drifts(recorded, live, ["c", "a"])
    assert [drift.path for drift in found] == ["a", "c"]


def test_a_secret_property_is_masked_as_a_whole() -> None:
    found = property_drifts(
        {"p": {"deep": "hush"}}, {"p": {"deep": "hush!"}}, ["p"], frozenset({"p"})
    )
    assert found == (PropertyDrift("p", "[secret]", "[secret]"),)
