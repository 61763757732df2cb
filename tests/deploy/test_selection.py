"""Which layers a command works on."""

import pytest

from deploy.errors import UsageError
from deploy.graph import Graph
from deploy.selection import Wanted, select

GRAPH = Graph.of(
    {"base": [], "left": ["base"], "right": ["base"], "top": ["left", "right"], "alone": []}
)


def test_nothing_said_is_everything_in_order() -> None:
    assert select(GRAPH, Wanted()).layers == ("base", "left", "right", "top", "alone")


def test_named_layers_come_alone_and_in_order() -> None:
    assert select(GRAPH, Wanted(["top", "base"])).layers == ("base", "top")


def test_dependencies_are_drawn_in_with_who_needs_them() -> None:
    selection = select(GRAPH, Wanted(["left"], with_dependencies=True))

    assert dict(selection.reasons) == {"base": "needed by left", "left": "named"}


def test_dependents_are_drawn_in_with_what_they_need() -> None:
    selection = select(GRAPH, Wanted(["left", "right"], with_dependents=True))

    assert selection.reasons["top"] == "needs left, right"
    assert selection.layers == ("left", "right", "top")


def test_both_directions_start_from_what_was_named() -> None:
    selection = select(GRAPH, Wanted(["left"], with_dependencies=True, with_dependents=True))

    assert selection.layers == ("base", "left", "top")


def test_affected_layers_are_taken_with_their_reason() -> None:
    selection = select(GRAPH, Wanted(affected_by="main"), {"right": "a file"})

    assert dict(selection.reasons) == {"right": "a file"}


def test_named_layers_are_filtered_by_what_is_affected() -> None:
    affected = {"right": "a file", "top": "another"}

    assert select(GRAPH, Wanted(["left", "right"], affected_by="main"), affected).layers == (
        "right",
    )


def test_what_depends_on_an_affected_layer_can_be_drawn_in() -> None:
    wanted = Wanted(affected_by="main", with_dependents=True)

    assert select(GRAPH, wanted, {"left": "a file"}).layers == ("left", "top")


def test_nothing_affected_selects_nothing() -> None:
    assert select(GRAPH, Wanted(affected_by="main", with_dependents=True), {}).layers == ()


def test_an_unknown_layer_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(UsageError, match="unknown layer: bottom\nvalid layers: base, left"):
        select(GRAPH, Wanted(["bottom"]))
