"""Rules of the graph of layers."""

import pytest

from deploy.graph import CycleError, Graph, UnknownNodeError

DIAMOND = Graph.of({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})


def test_order_puts_every_layer_after_what_it_depends_on() -> None:
    graph = Graph.of({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []})

    assert graph.order() == ["a", "b", "c", "d"]


def test_ties_keep_the_order_of_declaration() -> None:
    assert DIAMOND.order() == ["a", "b", "c", "d"]


def test_a_cycle_is_refused_and_its_path_is_named() -> None:
    with pytest.raises(CycleError, match="b → c → b") as refused:
        Graph.of({"a": [], "b": ["a", "c"], "c": ["b"]})

    assert refused.value.path == ["b", "c", "b"]


def test_a_dependency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNodeError, match="a depends on z"):
        Graph.of({"a": ["z"]})


def test_dependencies_reach_through_others() -> None:
    assert DIAMOND.dependencies(["d"]) == {"a", "b", "c"}


def test_dependents_reach_through_others() -> None:
    assert DIAMOND.dependents(["a"]) == {"b", "c", "d"}


def test_the_start_is_not_its_own_dependent() -> None:
    assert DIAMOND.dependents(["a", "b"]) == {"c", "d"}


def test_reversed_turns_every_edge() -> None:
    assert DIAMOND.reversed().order() == ["d", "b", "c", "a"]


def test_a_subset_keeps_the_order_that_a_removed_layer_imposed() -> None:
    assert DIAMOND.subset(["a", "d"]).edges == {"a": frozenset(), "d": frozenset({"a"})}
