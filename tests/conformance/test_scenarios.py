"""Every scenario on both engines: same steps, same state, same outputs, same things left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.engines.interface import LayerStack
from deploy.events import Event
from deploy.programs import WarmLauncher
from tests.conformance.observation import Observation
from tests.conformance.scenarios import PROJECT, SCENARIOS, Scenario, Step
from tests.conformance.workplace import Workplace

OpenStack = Callable[[Workplace, str], LayerStack]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_both_engines_do_the_same(
    scenario: Scenario, tmp_path: Path, python: Path, pulumi_home: Path, launcher: WarmLauncher
) -> None:
    def embedded(place: Workplace, project: str) -> LayerStack:
        return place.embedded(launcher, project)

    def pulumi(place: Workplace, project: str) -> LayerStack:
        return place.pulumi(pulumi_home, project)

    with (
        Workplace.open(tmp_path / "embedded", python) as ours,
        Workplace.open(tmp_path / "pulumi", python) as theirs,
    ):
        scenario.prepare(ours.cloud)
        scenario.prepare(theirs.cloud)
        for number, step in enumerate(scenario.steps):
            here, there = run(ours, embedded, step), run(theirs, pulumi, step)
            assert here.ok is not step.fails, f"step {number}: {here}"
            assert_same(here, there, f"step {number}")
        assert look(ours, pulumi) == look(theirs, embedded) == []
        here, there = destroy(ours, pulumi), destroy(theirs, embedded)
        assert here.ok, here
        assert_same(here, there, "destroying")


def test_both_engines_see_the_same_drift(
    tmp_path: Path, python: Path, pulumi_home: Path, launcher: WarmLauncher
) -> None:
    program = """
    Thing("gone")
    Thing("changed", size=1, tags={"a": "1", "b": "2"}, secretnote=pulumi.Output.secret("x"))
    Thing("ignored", size=1, opts=Options(ignore_changes=["size"]))
    Thing("untouched", size=1)
    """
    with Workplace.open(tmp_path, python) as place:
        place.write(PROJECT, program)
        assert place.embedded(launcher, PROJECT).up(lambda event: None).ok
        before = (place.backend / ".pulumi/stacks" / PROJECT / "local.json").read_bytes()
        for key, thing in list(place.cloud.things.items()):
            if thing.name.startswith("gone"):
                del place.cloud.things[key]
            elif not thing.name.startswith("untouched"):
                thing.inputs |= {"size": 9, "tags": {"a": "3", "c": "4"}, "secretnote": "open"}
        here = place.embedded(launcher, PROJECT).drift(lambda event: None)
        there = place.pulumi(pulumi_home, PROJECT).drift(lambda event: None)
        after = (place.backend / ".pulumi/stacks" / PROJECT / "local.json").read_bytes()
    assert here.ok
    assert {each.name for each in here.resources} == {"gone", "changed", "ignored"}
    assert sorted(here.resources, key=str) == sorted(there.resources, key=str)
    assert before == after


def assert_same(here: Observation, there: Observation, when: str) -> None:
    """Fail with every difference: here is the embedded engine's work, there the CLI's."""
    differences = here.differences(there)
    assert not differences, "\n".join([when, *differences])


def run(place: Workplace, open_stack: OpenStack, step: Step) -> Observation:
    """Carry out a step and observe it."""
    if step.program is not None:
        place.write(step.project, step.program)
    place.cloud.faults = dict(step.faults)
    stack = open_stack(place, step.project)
    events: list[Event] = []
    result = stack.preview(events.append) if step.preview else stack.up(events.append)
    return Observation.of(place, step.project, result, events)


def look(place: Workplace, open_stack: OpenStack) -> list[str]:
    """Return what an engine would change in the state that the other one left."""
    place.cloud.faults = {}
    result = open_stack(place, PROJECT).preview(lambda event: None)
    assert result.ok, result.errors
    return [f"{operation} {count}" for operation, count in result.counts.items() if result.changes]


def destroy(place: Workplace, open_stack: OpenStack) -> Observation:
    """Destroy what the other engine made."""
    events: list[Event] = []
    result = open_stack(place, PROJECT).destroy(events.append)
    return Observation.of(place, PROJECT, result, events)
