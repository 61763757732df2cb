"""Other stacks, resources that a stack does not own, explicit providers, functions, components."""

import json

import pytest

from deploy.events import Operation
from tests.deploy.engines.embedded.scenario import Scenario


@pytest.fixture
def producer(scenario: Scenario) -> Scenario:
    other = Scenario(
        scenario.folder, scenario.cloud, scenario.address, scenario.launcher, project="producer"
    )
    run = other.up(
        'pulumi.export("plain", {"n": [1, 2.5]})\n'
        'pulumi.export("hidden", pulumi.Output.secret("hush"))'
    )
    assert run.result.ok, run.result.errors
    return other


def test_a_stack_reads_the_outputs_of_another(scenario: Scenario, producer: Scenario) -> None:
    program = """
    other = pulumi.StackReference("organization/producer/local")
    Thing("a", note=other.get_output("plain"), secretnote=other.require_output("hidden"))
    pulumi.export("hidden", other.require_output("hidden"))
    pulumi.export("missing", other.get_output("nothing"))
    """
    run = scenario.up(program)
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.CREATE: 1}
    assert run.result.outputs["hidden"] == "hush"
    assert run.result.secret_outputs == {"hidden"}
    (thing,) = scenario.cloud.things.values()
    assert thing.inputs["note"] == {"n": [1, 2.5]}
    assert thing.inputs["secretnote"] == "hush"
    assert "hush" not in scenario.state_file.read_text()
    assert scenario.up().result.changes == 0
    assert scenario.preview().result.ok


def test_a_reference_to_a_missing_stack_names_it(scenario: Scenario) -> None:
    run = scenario.up('pulumi.StackReference("organization/nowhere/local")')
    assert "organization/nowhere/local" in run.error
    assert "does not exist" in run.error


def test_requiring_a_missing_output_fails(scenario: Scenario, producer: Scenario) -> None:
    run = scenario.up(
        'other = pulumi.StackReference("organization/producer/local")\n'
        'pulumi.export("x", other.require_output("nothing"))'
    )
    assert "nothing" in run.error


def test_two_stacks_share_one_salt(scenario: Scenario, producer: Scenario) -> None:
    producer.destroy()
    producer.salt = scenario.salt = ""
    producer.up('pulumi.export("x", pulumi.Output.secret(1))')
    scenario.up('pulumi.export("x", pulumi.Output.secret(1))')
    salts = {
        json.loads(file.read_text())["checkpoint"]["latest"]["secrets_providers"]["state"]["salt"]
        for file in (producer.state_file, scenario.state_file)
    }
    assert len(salts) == 1


def test_get_reads_what_the_stack_does_not_own(scenario: Scenario, producer: Scenario) -> None:
    producer.up('Thing("owned", name="shared")')
    program = """
    found = Thing("found", opts=Options(id="thing-1"))
    Thing("mine", note=found.arn)
    """
    run = scenario.up(program)
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.READ: 1, Operation.CREATE: 1}
    assert scenario.state().resource_count == 1
    assert scenario.up().result.changes == 0
    assert scenario.destroy().result.counts == {Operation.DELETE: 1}
    assert scenario.cloud.names() == ["shared"]


def test_getting_what_does_not_exist_fails(scenario: Scenario) -> None:
    run = scenario.up('Thing("found", opts=Options(id="thing-7"))')
    assert "'thing-7' does not exist" in run.error


def test_functions_of_a_provider_are_called(scenario: Scenario) -> None:
    run = scenario.up('pulumi.export("count", count_things())')
    assert run.result.outputs == {"count": 0}


def test_a_failing_function_is_an_error_of_the_program(scenario: Scenario) -> None:
    run = scenario.up('pulumi.runtime.invoke("test:index:nothing", {}).value')
    assert "no function test:index:nothing" in run.error


def test_default_and_explicit_providers_keep_their_settings_apart(scenario: Scenario) -> None:
    scenario.write(
        """
        east = Provider("east", "east")
        Thing("a", opts=Options(provider=east))
        Thing("b")
        """,
        config="config: {test:region: west}",
    )
    run = scenario.up()
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.CREATE: 2}
    assert sorted(t.region for t in scenario.cloud.things.values()) == ["east", "west"]
    assert scenario.up().result.changes == 0


def test_another_region_of_a_provider_replaces_its_resources(scenario: Scenario) -> None:
    program = 'p = Provider("p", "{}")\nThing("a", opts=Options(provider=p))'
    scenario.up(program.format("east"))
    run = scenario.up(program.format("west"))
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.REPLACE: 1}
    assert [t.region for t in scenario.cloud.things.values()] == ["west"]
    assert scenario.up().result.changes == 0
    assert scenario.destroy().result.ok
    assert scenario.cloud.things == {}


def test_bad_settings_of_a_provider_are_refused(scenario: Scenario) -> None:
    run = scenario.up('p = Provider("p", "nowhere")\nThing("a", opts=Options(provider=p))')
    assert "no such region (region)" in run.error


def test_a_provider_made_of_unknown_settings_can_be_previewed(scenario: Scenario) -> None:
    run = scenario.preview(
        'p = Provider("p", Thing("a").arn)\nThing("b", opts=Options(provider=p))'
    )
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.CREATE: 2}


def test_components_hold_children_and_outputs(scenario: Scenario) -> None:
    program = """
    class Pair(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("tests:index:Pair", name, {"n": 2}, opts)
            self.one = Thing(f"{name}-one", opts=Options(parent=self))
            self.two = Thing(f"{name}-two", uses=self.one.id, opts=Options(parent=self))
            self.arn = self.two.arn
            self.register_outputs({"arn": self.arn, "token": pulumi.Output.secret("t0ken")})

    pair = Pair("pair")
    Thing("after", note=pair.arn, opts=Options(depends_on=[pair]))
    """
    run = scenario.up(program)
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.CREATE: 3}
    component = next(r for r in scenario.state().resources if r.type == "tests:index:Pair")
    assert component.outputs["token"] == "t0ken"
    assert "t0ken" not in scenario.state_file.read_text()
    child = next(r for r in scenario.state().resources if r.urn.endswith("pair-one"))
    assert "tests:index:Pair$test:index:Thing" in child.urn
    assert scenario.up().result.changes == 0
    assert scenario.destroy().result.ok
    assert scenario.cloud.things == {}


def test_a_resource_passed_as_an_input_becomes_its_id(scenario: Scenario) -> None:
    run = scenario.up('a = Thing("a")\nThing("b", other=a)\npulumi.export("r", a)')
    assert run.result.ok, run.result.errors
    assert scenario.cloud.things["thing-2"].inputs["other"] == "thing-1"
