"""Resource options: what a program may say about how a resource is treated."""

import pytest

from deploy.events import Operation
from tests.deploy.engines.embedded.scenario import Scenario


def test_ignored_changes_are_not_made(scenario: Scenario) -> None:
    program = """
    Thing("a", size={size}, tags={{"k": "{k}", "j": "{j}"}},
          opts=Options(ignore_changes=["size", "tags.k"]))
    """
    scenario.up(program.format(size=1, k=1, j=1))
    assert scenario.up(program.format(size=2, k=2, j=1)).result.changes == 0
    assert scenario.up(program.format(size=2, k=2, j=2)).result.counts == {Operation.UPDATE: 1}
    (thing,) = scenario.cloud.things.values()
    assert thing.inputs["size"] == 1
    assert thing.inputs["tags"] == {"k": "1", "j": "2"}


def test_replace_on_changes_replaces_instead_of_updating(scenario: Scenario) -> None:
    program = 'Thing("a", size={}, opts=Options(replace_on_changes=["size"]))'
    scenario.up(program.format(1))
    assert scenario.up(program.format(2)).result.counts == {Operation.REPLACE: 1}
    assert list(scenario.cloud.things) == ["thing-2"]


def test_replace_with_replaces_together(scenario: Scenario) -> None:
    program = """
    a = Thing("a", zone="{}")
    Thing("b", opts=Options(replace_with=[a]))
    """
    scenario.up(program.format("x"))
    assert scenario.up(program.format("y")).result.counts == {Operation.REPLACE: 2}
    assert len(scenario.cloud.things) == 2


def test_a_renamed_resource_with_an_alias_is_kept(scenario: Scenario) -> None:
    scenario.up('Thing("old", name="n")')
    run = scenario.up('Thing("new", name="n", opts=Options(aliases=[pulumi.Alias(name="old")]))')
    assert run.result.changes == 0
    assert list(scenario.cloud.things) == ["thing-1"]
    assert [r.urn.rsplit("::", 1)[1] for r in scenario.state().resources if r.id == "thing-1"] == [
        "new"
    ]


def test_children_of_a_renamed_component_are_kept(scenario: Scenario) -> None:
    program = """
    class Pair(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("tests:index:Pair", name, {{}}, opts)
            self.one = Thing(f"{{name}}-one", name="one", opts=Options(parent=self))
            self.register_outputs({{"arn": self.one.arn}})

    Pair("{name}", opts={opts})
    """
    scenario.up(program.format(name="old", opts=None))
    renamed = program.format(name="new", opts='Options(aliases=[pulumi.Alias(name="old")])')
    assert scenario.up(renamed).result.changes == 0
    assert list(scenario.cloud.things) == ["thing-1"]


def test_a_protected_resource_is_neither_deleted_nor_replaced(scenario: Scenario) -> None:
    program = 'Thing("a", zone="{}", opts=Options(protect=True))'
    scenario.up(program.format("x"))
    assert "protected and cannot be replaced" in scenario.up(program.format("y")).error
    assert "protected and cannot be deleted" in scenario.up("").error
    assert "protected and cannot be deleted" in scenario.destroy().error
    assert list(scenario.cloud.things) == ["thing-1"]
    scenario.up('Thing("a", zone="x")')
    assert scenario.up("").result.ok
    assert scenario.cloud.things == {}


def test_retain_on_delete_leaves_it_in_the_cloud(scenario: Scenario) -> None:
    scenario.up('Thing("a", opts=Options(retain_on_delete=True))')
    assert scenario.up("").result.ok
    assert len(scenario.cloud.things) == 1
    assert scenario.state().resource_count == 0


def test_deleted_with_saves_the_call(scenario: Scenario) -> None:
    scenario.up('a = Thing("a")\nThing("b", opts=Options(deleted_with=a))')
    assert scenario.destroy().result.ok
    assert scenario.cloud.calls["delete", "a"] == 1
    assert scenario.cloud.calls["delete", "b"] == 0


def test_timeouts_reach_the_provider_in_seconds(scenario: Scenario) -> None:
    scenario.up('Thing("a", opts=Options(custom_timeouts=pulumi.CustomTimeouts(create="1m30s")))')
    (request,) = scenario.cloud.requests
    assert request.timeout == 90


def test_an_existing_resource_is_imported(scenario: Scenario) -> None:
    scenario.up('Thing("a", name="n", size=1, opts=Options(retain_on_delete=True))')
    scenario.up("")
    run = scenario.up('Thing("b", name="n", size=2, opts=Options(import_="thing-1"))')
    assert run.result.ok, run.result.errors
    assert run.result.counts == {Operation.UPDATE: 1}
    assert scenario.cloud.named("n").inputs["size"] == 2
    assert scenario.up().result.changes == 0


def test_importing_what_does_not_exist_fails(scenario: Scenario) -> None:
    run = scenario.up('Thing("b", opts=Options(import_="thing-9"))')
    assert "'thing-9' does not exist" in run.error
    assert scenario.cloud.things == {}


def test_two_resources_with_one_urn_are_refused(scenario: Scenario) -> None:
    run = scenario.up('Thing("a")\nThing("a")')
    assert "duplicate resource" in run.error
    assert "test:index:Thing::a" in run.error


@pytest.mark.parametrize(
    ("program", "feature"),
    [
        ('pulumi.runtime.register_resource_transform(lambda args: None)\nThing("a")', "transform"),
        (
            'Thing("a", opts=Options(hooks=pulumi.ResourceHookBinding('
            'before_create=[pulumi.ResourceHook("h", lambda args: None)])))',
            "hook",
        ),
        (
            "from pulumi.dynamic import Resource, ResourceProvider\n"
            'class Made(Resource, name="Made"): pass\nMade(ResourceProvider(), "a", {})',
            "dynamic providers are not supported",
        ),
        (
            'pulumi.ComponentResource("test:index:Remote", "a", {}, None, remote=True)',
            "remote components",
        ),
        ('pulumi.CustomResource("other:index:Thing", "a", {})', "no provider for package 'other'"),
    ],
)
def test_what_the_engine_lacks_is_refused_by_name(
    scenario: Scenario, program: str, feature: str
) -> None:
    run = scenario.up(program)
    assert any(feature in error.message for error in run.result.errors), run.result.errors
    assert scenario.cloud.things == {}
