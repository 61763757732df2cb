"""Creating, keeping, updating, replacing and deleting resources."""

from concurrent.futures import ThreadPoolExecutor

from deploy.events import Operation, Phase, ResourceEvent
from tests.deploy.engines.embedded.scenario import Scenario, wait_until

TWO = """
a = Thing("a", size=1)
b = Thing("b", size=2, uses=a.id)
pulumi.export("arn", b.arn)
pulumi.export("size", 3)
"""


def test_a_first_run_creates_resources_and_keeps_outputs(scenario: Scenario) -> None:
    run = scenario.up(TWO)
    assert run.result.ok, run.result.errors
    assert run.operations(Phase.STARTED) == [("create", "a"), ("create", "b")]
    assert run.operations() == [("create", "a"), ("create", "b")]
    assert run.result.counts == {Operation.CREATE: 2}
    thing = next(t for t in scenario.cloud.things.values() if t.inputs["size"] == 2)
    assert run.result.outputs == {"arn": f"arn:test:default:{thing.id}", "size": 3}
    assert scenario.state().outputs == run.result.outputs
    assert scenario.state().resource_count == 2


def test_a_second_run_of_the_same_program_changes_nothing(scenario: Scenario) -> None:
    first = scenario.up(TWO)
    calls = dict(scenario.cloud.calls)
    again = scenario.up()
    assert again.result.ok
    assert again.result.changes == 0
    assert again.operations(Phase.STARTED) == []
    assert sorted(again.operations()) == [("same", "a"), ("same", "b")]
    assert again.result.outputs == first.result.outputs
    assert dict(scenario.cloud.calls) == calls


def test_a_preview_tells_what_would_be_done_and_does_nothing(scenario: Scenario) -> None:
    run = scenario.preview(TWO)
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.CREATE: 2}
    assert run.operations(Phase.STARTED) == []
    assert run.result.outputs == {"size": 3}
    assert scenario.cloud.things == {}
    assert not scenario.state_file.exists()


def test_a_preview_of_changes_leaves_cloud_and_state_alone(scenario: Scenario) -> None:
    scenario.up('Thing("a", size=1, zone="x")\nThing("b")\nThing("c", size=1)')
    before = scenario.state_file.read_bytes()
    history = list(scenario.cloud.history)
    run = scenario.preview('Thing("a", size=1, zone="y")\nThing("c", size=2)')
    assert run.result.counts == {Operation.REPLACE: 1, Operation.UPDATE: 1, Operation.DELETE: 1}
    assert scenario.state_file.read_bytes() == before
    assert scenario.cloud.history == history


def test_a_changed_property_is_updated_in_place(scenario: Scenario) -> None:
    scenario.up('Thing("a", size=1)')
    (before,) = scenario.cloud.things
    run = scenario.up('Thing("a", size=2)')
    assert run.result.counts == {Operation.UPDATE: 1}
    changes = [event.changed for event in run.events if isinstance(event, ResourceEvent)]
    assert changes == [("size",), ("size",)]
    assert {before: 2} == {t.id: t.inputs["size"] for t in scenario.cloud.things.values()}
    assert scenario.up().result.changes == 0


def test_a_replacement_is_created_before_the_old_one_is_deleted(scenario: Scenario) -> None:
    scenario.up('a = Thing("a", zone="x")\nb = Thing("b", uses=a.id)')
    run = scenario.up('a = Thing("a", zone="y")\nb = Thing("b", uses=a.id)')
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.REPLACE: 1, Operation.UPDATE: 1}
    assert scenario.cloud.history[2:] == [("create", "a"), ("update", "b"), ("delete", "a")]
    assert sorted(t.inputs.get("zone", "") for t in scenario.cloud.things.values()) == ["", "y"]
    assert scenario.up().result.changes == 0


def test_a_replacement_with_a_fixed_name_deletes_first(scenario: Scenario) -> None:
    scenario.up('Thing("a", name="fixed", zone="x")')
    run = scenario.up('Thing("a", name="fixed", zone="y")')
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.REPLACE: 1}
    assert scenario.cloud.history[1:] == [("delete", "a"), ("create", "a")]
    assert scenario.cloud.named("fixed").inputs["zone"] == "y"
    assert scenario.up().result.changes == 0


def test_deleting_first_takes_dependents_that_cannot_outlive_it(scenario: Scenario) -> None:
    program = """
    a = Thing("a", zone="{zone}", opts=Options(delete_before_replace=True))
    b = Thing("b", zone=a.arn)
    c = Thing("c", uses=b.id, zone=b.arn)
    d = Thing("d", note=a.arn)
    """
    scenario.up(program.format(zone="x"))
    run = scenario.up(program.format(zone="y"))
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.REPLACE: 3, Operation.UPDATE: 1}
    replaced = [call for call in scenario.cloud.history[4:] if call[1] != "d"]
    assert replaced == [
        ("delete", "c"),
        ("delete", "b"),
        ("delete", "a"),
        ("create", "a"),
        ("create", "b"),
        ("create", "c"),
    ]
    assert len(scenario.cloud.things) == 4
    assert scenario.up().result.changes == 0


def test_two_chains_that_share_a_dependent_delete_it_once(scenario: Scenario) -> None:
    program = """
    first = Thing("first", zone="{zone}", opts=Options(delete_before_replace=True))
    second = Thing("second", zone="{zone}", opts=Options(delete_before_replace=True))
    both = Thing("both", zone=pulumi.Output.concat(first.arn, second.arn))
    """
    scenario.up(program.format(zone="x"))
    run = scenario.up(program.format(zone="y"))
    assert run.result.ok, run.result.errors
    assert scenario.cloud.calls["delete", "both"] == 1
    assert len(scenario.cloud.things) == 3
    assert scenario.up().result.changes == 0


def test_what_is_no_longer_declared_is_deleted_dependents_first(scenario: Scenario) -> None:
    scenario.up(
        """
        a = Thing("a")
        b = Thing("b", uses=a.id)
        c = Thing("c", uses=b.id)
        d = Thing("d", opts=Options(depends_on=[c]))
        keep = Thing("keep")
        """
    )
    run = scenario.up('keep = Thing("keep")')
    assert run.result.counts == {Operation.DELETE: 4, Operation.SAME: 1}
    assert scenario.cloud.history[5:] == [("delete", name) for name in "dcba"]
    assert len(scenario.cloud.things) == 1


def test_destroy_deletes_everything_and_the_state(scenario: Scenario) -> None:
    scenario.up(TWO)
    run = scenario.destroy()
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.DELETE: 2}
    assert run.result.outputs == {}
    assert scenario.cloud.things == {}
    assert not scenario.state_file.exists()


def test_destroying_a_stack_without_state_does_nothing(scenario: Scenario) -> None:
    scenario.write(TWO)
    assert scenario.destroy().result.ok
    assert not scenario.state_file.exists()


def test_independent_resources_are_made_side_by_side(scenario: Scenario) -> None:
    scenario.parallel = 4
    holds = [scenario.cloud.hold("create", name) for name in "abcde"]
    scenario.write('for name in "abcde": Thing(name)')
    with ThreadPoolExecutor() as pool:
        running = pool.submit(scenario.up)
        wait_until(lambda: scenario.cloud.concurrent == 4)
        for hold in holds:
            hold.released.set()
        assert running.result().result.counts == {Operation.CREATE: 5}
    assert scenario.cloud.most_concurrent == 4
