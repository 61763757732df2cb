"""The table agrees with AWS's models and with Pulumi's schema, and drops nothing silently."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from localcloud.provider import schema_generator
from localcloud.provider.coverage import carried_inputs, lint
from localcloud.provider.definition import Call, Update
from localcloud.provider.schema import schema_of
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.services.kms import ALIAS, KEY
from localcloud.provider.services.sns import TOPIC
from tests.localcloud.provider.engine import CheckFailedError, Engine


def test_the_committed_schema_is_what_the_generator_makes() -> None:
    generated = schema_generator.render(schema_generator.generate(RESOURCE_TYPES))
    assert schema_generator.SCHEMA_FILE.read_text(encoding="utf-8") == generated


def test_an_unknown_token_is_refused_by_the_generator() -> None:
    with pytest.raises(schema_generator.SchemaGenerationError, match="aws:ec2/nothing:Nothing"):
        schema_generator.generate(["aws:ec2/nothing:Nothing"])


@pytest.mark.parametrize("token", RESOURCE_TYPES)
def test_every_entry_names_only_what_exists(token: str) -> None:
    assert lint(RESOURCE_TYPES[token]) == []


def test_the_lint_finds_an_operation_that_does_not_exist() -> None:
    broken = replace(KEY, delete=(Call(operation="DestroyKey"),))
    assert any("no operation DestroyKey" in fault for fault in lint(broken))


def test_the_lint_finds_an_argument_that_the_operation_does_not_have() -> None:
    broken = replace(KEY, delete=(Call(operation="ScheduleKeyDeletion", arguments={"Id": "1"}),))
    assert any("no argument Id" in fault for fault in lint(broken))


def test_the_lint_finds_an_update_that_carries_nothing() -> None:
    update = Update(operation="UpdateAlias", properties=("targetKeyId",))
    broken = replace(ALIAS, updates=(update,))
    assert any("targetKeyId is meant to be updated" in fault for fault in lint(broken))


def test_the_lint_finds_a_property_that_is_none() -> None:
    broken = replace(TOPIC, renames={"nmae": "Name"})
    assert any("renames names nmae" in fault for fault in lint(broken))


def test_the_lint_finds_tags_without_tagging() -> None:
    broken = replace(TOPIC, tagging=None)
    assert any("has tags, but no tagging" in fault for fault in lint(broken))


def _uncarried() -> Iterator[tuple[str, str]]:
    for token, resource_type in RESOURCE_TYPES.items():
        for name in sorted(schema_of(token).inputs - carried_inputs(resource_type)):
            yield token, name


def test_an_input_that_would_not_reach_the_service_is_refused_by_name(engine: Engine) -> None:
    pairs = list(_uncarried())
    assert ("aws:s3/bucket:Bucket", "versioning") in pairs
    for token, name in pairs:
        with pytest.raises(CheckFailedError) as refused:
            engine.check(token, {name: "anything"})
        reasons = [reason for fault, reason in refused.value.faults if fault == name]
        assert len(reasons) == 1
        assert f"property {name!r} of {token} is not implemented" in reasons[0]
