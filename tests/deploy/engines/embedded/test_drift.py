"""Drift: what the cloud has, held against what the state records."""

import pytest

from deploy.engines.drift import DriftResult, PropertyDrift
from deploy.engines.embedded import StateError
from deploy.events import Event, Operation, ResourceEvent
from tests.deploy.engines.embedded.scenario import Scenario

TWO = """
a = Thing("a", name="a", size=1, tags={"Owner": "data", "Name": "a"})
b = Thing("b", name="b", uses=a.id, rules=[{"port": 1}, {"port": 2}])
"""


def _drift(scenario: Scenario) -> tuple[DriftResult, list[Event]]:
    events: list[Event] = []
    return scenario.stack().drift(events.append), events


def _only_properties(result: DriftResult) -> tuple[PropertyDrift, ...]:
    (resource,) = result.resources
    assert not resource.missing
    return resource.properties


def test_right_after_a_deployment_nothing_has_drifted(scenario: Scenario) -> None:
    scenario.up(TWO)
    result, events = _drift(scenario)
    assert result.ok
    assert result.resources == ()
    told = [(e.operation, e.name) for e in events if isinstance(e, ResourceEvent)]
    assert sorted(told) == [(Operation.READ, "a"), (Operation.READ, "b")]


def test_a_changed_property_is_told_at_its_path(scenario: Scenario) -> None:
    scenario.up(TWO)
    scenario.cloud.named("a").inputs["tags"]["Owner"] = "somebody"
    scenario.cloud.named("b").inputs["rules"].pop(0)
    result, _ = _drift(scenario)
    told = {item.name: item.properties for item in result.resources}
    assert told == {
        "a": (PropertyDrift("tags.Owner", "data", "somebody"),),
        "b": (PropertyDrift("rules[0]", {"port": 1}, None),),
    }


def test_looking_changes_neither_state_nor_cloud(scenario: Scenario) -> None:
    scenario.up(TWO)
    scenario.cloud.named("a").inputs["size"] = 9
    before, history = scenario.state_file.read_bytes(), list(scenario.cloud.history)
    _drift(scenario)
    assert scenario.state_file.read_bytes() == before
    assert scenario.cloud.history == history


def test_a_resource_that_is_gone_is_missing(scenario: Scenario) -> None:
    scenario.up(TWO)
    del scenario.cloud.things[scenario.cloud.named("b").id]
    result, _ = _drift(scenario)
    (resource,) = result.resources
    assert (resource.name, resource.missing, resource.properties) == ("b", True, ())
    assert resource.type == "test:index:Thing"


def test_a_change_under_ignore_changes_does_not_count(scenario: Scenario) -> None:
    scenario.up('Thing("a", name="a", value=1, size=1, opts=Options(ignore_changes=["value"]))')
    thing = scenario.cloud.named("a")
    thing.inputs["value"] = 2
    assert _drift(scenario)[0].resources == ()
    thing.inputs["size"] = 2
    assert _only_properties(_drift(scenario)[0]) == (PropertyDrift("size", 1, 2),)


def test_a_secret_that_has_drifted_is_not_shown(scenario: Scenario) -> None:
    scenario.up('Thing("a", name="a", secretnote=pulumi.Output.secret("hush"))')
    scenario.cloud.named("a").inputs["secretnote"] = "overheard"
    told = _only_properties(_drift(scenario)[0])
    assert told == (PropertyDrift("secretnote", "[secret]", "[secret]"),)


def test_a_resource_that_cannot_be_read_is_an_error_and_the_others_are_looked_at(
    scenario: Scenario,
) -> None:
    scenario.up(TWO)
    scenario.cloud.faults["read", "a"] = "not today"
    scenario.cloud.named("b").inputs["rules"] = []
    result, _ = _drift(scenario)
    assert not result.ok
    assert [(e.name, "not today" in e.message) for e in result.errors] == [("a", True)]
    assert [item.name for item in result.resources] == ["b"]


def test_a_layer_that_was_never_deployed_has_no_drift(scenario: Scenario) -> None:
    scenario.write(TWO)
    result, events = _drift(scenario)
    assert result.ok
    assert (result.resources, events) == ((), [])


def test_a_damaged_state_is_refused_and_left_as_it_is(scenario: Scenario) -> None:
    scenario.up(TWO)
    scenario.state_file.write_text(scenario.state_file.read_text()[:-40])
    damaged = scenario.state_file.read_bytes()
    with pytest.raises(StateError, match="truncated or damaged"):
        _drift(scenario)
    with pytest.raises(StateError, match="truncated or damaged"):
        scenario.stack().preview(lambda event: None, destroying=True)
    assert scenario.state_file.read_bytes() == damaged


def test_a_cancelled_look_says_so_and_reads_nothing_more(scenario: Scenario) -> None:
    scenario.up(TWO)
    stack = scenario.stack()
    stack.cancel()
    result = stack.drift(lambda event: None)
    assert result.cancelled
    assert not result.ok
