"""The graph for reading."""

import json

from deploy.graph import Graph
from deploy.graph_view import as_json, as_mermaid, as_text
from deploy.layers import layer_graph
from deploy.places import REPOSITORY

DIAMOND = Graph.of(
    {"base": [], "left": ["base"], "right": ["base"], "top": ["base", "left", "right"], "alone": []}
)


def test_the_tree_names_what_a_layer_waits_for_when_it_is_more_than_one() -> None:
    assert as_text(DIAMOND).splitlines() == [
        "base",
        "├── left",
        "└── right",
        "    └── top  (after left and right)",
        "alone",
    ]


def test_mermaid_has_an_arrow_for_each_need_that_no_other_implies() -> None:
    assert as_mermaid(DIAMOND).splitlines() == [
        "flowchart LR",
        "    base",
        "    base --> left",
        "    base --> right",
        "    left --> top",
        "    right --> top",
        "    alone",
    ]


def test_json_has_direct_needs_both_ways_and_the_owners() -> None:
    [base, left, *_] = json.loads(as_json(DIAMOND, {"left": ["@team"]}))["layers"]

    assert base["needed_by"] == ["left", "right", "top"]
    assert left == {
        "layer": "left",
        "needs": ["base"],
        "needed_by": ["top"],
        "owners": ["@team"],
    }


def test_the_readme_shows_the_graph_as_it_is() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    assert f"```mermaid\n{as_mermaid(layer_graph())}\n```" in readme
