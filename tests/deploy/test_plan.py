"""What is planned, and what is refused before anything is done."""

import pytest

from deploy.errors import UsageError
from deploy.graph import Graph
from deploy.plan import Verb, plan_deploy, plan_destroy, plan_drift

GRAPH = Graph.of({"base": [], "left": ["base"], "right": ["base"], "top": ["left", "right"]})
ALL = dict.fromkeys(GRAPH.nodes, 3)


def test_deploying_everything_visits_every_layer_in_order() -> None:
    plan = plan_deploy(GRAPH, GRAPH.nodes, "local", {})

    assert plan.layers == ("base", "left", "right", "top")
    assert {step.verb for step in plan.steps} == {Verb.DEPLOY}


def test_siblings_do_not_wait_for_each_other() -> None:
    plan = plan_deploy(GRAPH, GRAPH.nodes, "local", {})

    waits = {step.layer: step.waits_for for step in plan.steps}
    assert "left" not in waits["right"]
    assert waits["top"] >= {"left", "right"}


def test_a_layer_alone_waits_for_nothing_when_its_upstream_is_deployed() -> None:
    plan = plan_deploy(GRAPH, ["left"], "local", {"base": 5})

    assert [(step.layer, step.waits_for) for step in plan.steps] == [("left", frozenset())]


def test_a_layer_on_top_of_nothing_is_refused_with_the_command_that_works() -> None:
    with pytest.raises(UsageError, match="invoke deploy base left right top"):
        plan_deploy(GRAPH, ["top"], "local", {})


def test_an_incomplete_layer_is_nothing_to_build_upon() -> None:
    with pytest.raises(UsageError, match="invoke deploy base left"):
        plan_deploy(GRAPH, ["left"], "local", {"base": 2}, complete=set())


def test_the_command_that_works_names_the_layers_in_their_order() -> None:
    with pytest.raises(UsageError, match="invoke deploy base left right top"):
        plan_deploy(GRAPH, ["base", "top"], "local", {})


def test_destroying_goes_in_reverse() -> None:
    plan = plan_destroy(GRAPH, GRAPH.nodes, "local", ALL)

    assert plan.layers == ("top", "left", "right", "base")
    assert plan.steps[-1].waits_for == {"top", "left", "right"}


def test_destroying_what_others_need_is_refused_with_their_names_and_the_ordered_command() -> None:
    with pytest.raises(UsageError) as refused:
        plan_destroy(GRAPH, ["base"], "local", ALL)

    assert "left, right, top depend on it" in str(refused.value)
    assert "invoke destroy top right left base" in str(refused.value)


def test_a_dependent_that_is_not_deployed_holds_nothing_up() -> None:
    plan = plan_destroy(GRAPH, ["base"], "local", {"base": 1})

    assert plan.layers == ("base",)


def test_only_what_exists_is_destroyed() -> None:
    plan = plan_destroy(GRAPH, GRAPH.nodes, "local", {"base": 1, "right": 2})

    assert plan.layers == ("right", "base")


def test_what_is_wrong_with_an_incomplete_layer_is_told() -> None:
    faults = {"base": "is deployed without vpc_id, which its contract promises"}

    with pytest.raises(UsageError, match="base: is deployed without vpc_id"):
        plan_deploy(GRAPH, ["left"], "local", {"base": 2}, complete=set(), faults=faults)


def test_a_preview_stands_in_placeholders_for_what_is_not_deployed() -> None:
    plan = plan_deploy(GRAPH, GRAPH.nodes, "local", {}, on_placeholders=True)

    assert {step.layer: step.placeholders for step in plan.steps} == {
        "base": frozenset(),
        "left": {"base"},
        "right": {"base"},
        "top": {"left", "right"},
    }


def test_a_preview_of_one_layer_works_on_top_of_nothing() -> None:
    plan = plan_deploy(GRAPH, ["top"], "local", {"base": 3}, on_placeholders=True)

    assert [(step.layer, step.placeholders) for step in plan.steps] == [
        ("top", frozenset({"left", "right"}))
    ]


def test_what_is_previewed_is_what_a_deployment_executes() -> None:
    shown = plan_deploy(GRAPH, GRAPH.nodes, "local", {}, on_placeholders=True)

    assert shown == plan_deploy(GRAPH, GRAPH.nodes, "local", {})


def test_a_look_for_drift_is_at_what_exists_and_waits_for_nothing() -> None:
    plan = plan_drift(GRAPH, GRAPH.nodes, "local", {"base": 1, "top": 2})

    assert [(step.layer, step.verb, step.waits_for) for step in plan.steps] == [
        ("base", Verb.DRIFT, frozenset()),
        ("top", Verb.DRIFT, frozenset()),
    ]
