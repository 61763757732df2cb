"""The pure parts: property values, property paths, URNs, plans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.engines.embedded import paths, urns, values
from deploy.engines.embedded.encryption import Encryption
from deploy.engines.embedded.errors import StateError
from deploy.engines.embedded.goals import seconds
from deploy.engines.embedded.planning import Difference, Plan, plan
from deploy.engines.embedded.state import ResourceState
from deploy.events import Operation
from tests.deploy.engines.embedded.scenario import CLI_SALT

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
properties = st.dictionaries(st.text(max_size=3), json_values, max_size=4)


@given(properties)
def test_properties_survive_the_wire(value: values.Properties) -> None:
    assert values.decode(values.encode(value)) == value


@given(properties)
def test_secrets_survive_encryption_and_are_marked_once(value: values.Properties) -> None:
    encryption = Encryption("", CLI_SALT)
    held = {"s": values.secret(values.secret(value)), "nested": [values.secret({"x": value})]}
    sealed = encryption.seal(held, "urn")
    assert all("value" not in item for item in values.walk(sealed) if values.signature(item))
    assert encryption.unseal(sealed, "urn") == held
    assert values.simplify(held) == {"s": value, "nested": [{"x": value}]}


def test_the_same_secret_keeps_its_ciphertext_only_for_its_owner() -> None:
    encryption = Encryption("", CLI_SALT)
    first = encryption.encrypt("x", "a")
    assert encryption.encrypt("x", "a") == first
    assert encryption.encrypt("x", "b") != first


def test_a_salt_of_another_form_is_refused() -> None:
    with pytest.raises(StateError, match="v1:<salt>"):
        Encryption("", "v2:x")


def test_outputs_collapse_to_what_they_hold() -> None:
    known = {values.SIGNATURE_KEY: values.OUTPUT, "value": 1}
    hidden = {values.SIGNATURE_KEY: values.OUTPUT, "value": 1, "secret": True}
    unknown = {values.SIGNATURE_KEY: values.OUTPUT}
    collapsed = values.collapse_outputs([known, hidden, unknown])
    assert collapsed == [1, values.secret(1), values.UNKNOWN]
    assert values.contains_unknown(collapsed)
    assert values.contains_unknown(unknown)
    assert not values.contains_unknown([1, "x"])


def test_references_become_ids_and_urns() -> None:
    custom = {values.SIGNATURE_KEY: values.RESOURCE_REFERENCE, "urn": "u", "id": "i"}
    planned = {values.SIGNATURE_KEY: values.RESOURCE_REFERENCE, "urn": "u", "id": ""}
    component = {values.SIGNATURE_KEY: values.RESOURCE_REFERENCE, "urn": "u"}
    assert values.simplify([custom, planned, component]) == ["i", values.UNKNOWN, "u"]


def test_secretness_is_copied_by_key() -> None:
    source = {"a": values.secret(1), "b": {"c": values.secret(2), "d": 3}, "e": [values.secret(4)]}
    answered = {"a": 1, "b": {"c": 2, "d": 3}, "e": [4], "f": 5}
    assert values.copy_secretness(answered, source) == {
        "a": values.secret(1),
        "b": {"c": values.secret(2), "d": 3},
        "e": values.secret([4]),
        "f": 5,
    }


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("size", ("size",)),
        ("tags.owner", ("tags", "owner")),
        ('tags["a.b"].c', ("tags", "a.b", "c")),
        ("rules[0].port", ("rules", 0, "port")),
        ("rules[*].port", ("rules", "*", "port")),
    ],
)
def test_paths_are_parsed(path: str, keys: paths.Path) -> None:
    assert paths.parse(path) == keys


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("size", "size", True),
        ("tags", "tags.owner", True),
        ("tags.owner", "tags", True),
        ("rules[*].port", "rules[3].port", True),
        ("*", "anything", True),
        ("size", "sizes", False),
        ("tags.owner", "tags.team", False),
    ],
)
def test_patterns_cover_paths(pattern: str, path: str, expected: bool) -> None:
    assert paths.covers(pattern, path) is expected


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        (["a"], {"a": 1, "t": {"k": "new", "n": 1}, "l": [{"p": 5, "q": 6}]}),
        (["t.k"], {"a": 9, "t": {"k": "old", "n": 1}, "l": [{"p": 5, "q": 6}]}),
        (["t.n"], {"a": 9, "t": {"k": "new"}, "l": [{"p": 5, "q": 6}]}),
        (["l[*].p"], {"a": 9, "t": {"k": "new", "n": 1}, "l": [{"p": 1, "q": 6}]}),
        (["t.gone"], {"a": 9, "t": {"k": "new", "n": 1, "gone": 7}, "l": [{"p": 5, "q": 6}]}),
        (["none.x"], {"a": 9, "t": {"k": "new", "n": 1}, "l": [{"p": 5, "q": 6}]}),
    ],
)
def test_ignored_properties_keep_their_old_value(
    ignored: list[str], expected: values.Properties
) -> None:
    old = {"a": 1, "t": {"k": "old", "gone": 7}, "l": [{"p": 1, "q": 2}]}
    new = {"a": 9, "t": {"k": "new", "n": 1}, "l": [{"p": 5, "q": 6}]}
    assert paths.with_old_values(new, old, ignored) == expected
    assert new["a"] == 9


def test_urns_are_taken_apart() -> None:
    stack = urns.make("s", "p", "", urns.STACK_TYPE, "p-s")
    parent = urns.make("s", "p", stack, "my:index:C", "c")
    child = urns.make("s", "p", parent, "aws:sns/topic:Topic", "a::b")
    assert child == "urn:pulumi:s::p::my:index:C$aws:sns/topic:Topic::a::b"
    assert urns.resource_type(child) == "aws:sns/topic:Topic"
    assert urns.name(child) == "a::b"
    assert urns.package(urns.resource_type(child)) == "aws"
    assert urns.package("pulumi:providers:aws") == "aws"
    assert urns.provider_urn("urn:x::y::t::n::id") == "urn:x::y::t::n"


@pytest.mark.parametrize(("text", "expected"), [("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25)])
def test_durations_are_seconds(text: str, expected: float) -> None:
    assert seconds(text) == expected


OLD = ResourceState(urn="u", type="t", id="i")
UNREADY = OLD.with_changes(init_errors=["slow"])
REPLACING = Difference(True, ("zone",), ("zone",), delete_before_replace=True)


@pytest.mark.parametrize(
    ("old", "difference", "options", "expected"),
    [
        (None, Difference(), {}, Plan(Operation.CREATE)),
        (OLD, Difference(), {}, Plan(Operation.SAME)),
        (OLD, Difference(True, ("size",)), {}, Plan(Operation.UPDATE, ("size",))),
        (UNREADY, Difference(), {}, Plan(Operation.UPDATE)),
        (OLD, REPLACING, {}, Plan(Operation.REPLACE, ("zone",), delete_first=True)),
        (OLD, REPLACING, {"delete_before_replace": False}, Plan(Operation.REPLACE, ("zone",))),
        (None, Difference(), {"recreate": True}, Plan(Operation.REPLACE)),
    ],
)
def test_plans(
    old: ResourceState | None, difference: Difference, options: dict[str, bool], expected: Plan
) -> None:
    assert plan(old, difference, **options) == expected


def test_replace_on_changes_turns_an_update_into_a_replacement() -> None:
    difference = Difference(True, ("size", "tags.a"))
    assert difference.with_replacements(["tags"]).replacing == ("tags.a",)
    assert difference.with_replacements(["other"]) is difference
