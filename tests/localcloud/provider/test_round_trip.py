"""Every resource type goes through its whole life against a running cloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from localcloud.provider.comparison import same
from localcloud.provider.definition import ResourceType
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.wire import SIGNATURE_KEY, UNKNOWN, Properties
from tests.localcloud.provider.engine import Engine, Resource
from tests.localcloud.provider.samples.every import SAMPLES, Sample
from tests.localcloud.provider.surroundings import Surroundings


@pytest.fixture
def surroundings(engine: Engine, tmp_path: Path) -> Iterator[Surroundings]:
    made = Surroundings(engine, tmp_path)
    yield made
    made.clean_up()


def test_every_resource_type_has_a_sample() -> None:
    assert {sample.kind for sample in SAMPLES} == set(RESOURCE_TYPES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind.split("/")[-1])
def test_a_resource_is_created_read_updated_and_deleted(
    sample: Sample, engine: Engine, surroundings: Surroundings
) -> None:
    inputs = sample.inputs(surroundings)
    _assert_unknown_values_pass(engine, sample.kind, inputs)
    resource = engine.create(sample.kind, inputs)
    assert resource.resource_id
    _assert_unchanged(engine, resource, resource.inputs)
    _assert_no_drift(engine, resource)

    if sample.changes is not None:
        changed = {**inputs, **sample.changes(surroundings)}
        wanted = {name: value for name, value in changed.items() if value is not None}
        recorded = resource
        resource = _update_in_place(engine, resource, engine.check(sample.kind, wanted))
        _assert_no_drift(engine, resource)
        _assert_drift_from(engine, recorded, resource.inputs, RESOURCE_TYPES[sample.kind])

    engine.delete(resource)
    if not sample.stays_after_deletion:
        assert engine.read(resource) is None
    engine.delete(resource)


def _assert_unknown_values_pass(engine: Engine, kind: str, inputs: Properties) -> None:
    """In a preview any input may be unknown, wholly or in part; that is no mistake."""
    for name, value in inputs.items():
        engine.check(kind, {**inputs, name: UNKNOWN})
        if isinstance(value, dict) and SIGNATURE_KEY not in value:
            engine.check(kind, {**inputs, name: dict.fromkeys(value, UNKNOWN)})
        if isinstance(value, list):
            engine.check(kind, {**inputs, name: [UNKNOWN]})


def _update_in_place(engine: Engine, resource: Resource, wanted: Properties) -> Resource:
    difference = engine.diff(resource, wanted)
    assert difference.changes == proto.DiffResponse.DIFF_SOME
    assert list(difference.replaces) == []
    return engine.update(resource, wanted)


def _assert_unchanged(engine: Engine, resource: Resource, inputs: Properties) -> None:
    difference = engine.diff(resource, inputs)
    assert list(difference.diffs) == []
    assert difference.changes == proto.DiffResponse.DIFF_NONE


def _assert_no_drift(engine: Engine, resource: Resource) -> None:
    """The service says what the program asked for: a refresh finds nothing to change."""
    live = engine.read(resource)
    assert live is not None
    difference = engine.diff(live, resource.inputs)
    drifted = {
        name: (live.inputs.get(name), resource.inputs.get(name)) for name in difference.diffs
    }
    assert drifted == {}


def _assert_drift_from(
    engine: Engine, recorded: Resource, others_wishes: Properties, resource_type: ResourceType
) -> None:
    """Whoever still has the old record sees what others changed, and only that.

    Of what the program declared and the service reports, that is; tags count as a whole.
    """
    live = engine.read(recorded)
    assert live is not None
    silent = resource_type.write_only | resource_type.provider_side
    expected = {
        name
        for name in {*recorded.inputs, "tags"} - silent
        if not same(
            recorded.inputs.get(name),
            others_wishes.get(name),
            ordered=name in resource_type.ordered,
        )
    }
    assert set(engine.diff(live, recorded.inputs).diffs) == expected
