"""Configuration keys that have to be one of a few values, through the programs that read them."""

import pytest

from stacks.choices import LOG_LEVELS, LOG_RETENTION_DAYS
from tests.stacks.conftest import Runner
from tests.stacks.program import Recording


@pytest.mark.parametrize(
    ("layer", "key", "value", "complaint"),
    [
        ("network", "flowLogRetentionDays", "15", "is 15; choose 1, 3, 5, 7, 14, 30, "),
        ("network", "natGateways", "one", "is 'one'; choose none, single, per-az"),
        ("data", "logRetentionDays", "0", "is 0; choose 1, 3, 5, 7, 14, 30, "),
        ("migration", "logRetentionDays", "2", "is 2; choose 1, 3, 5, 7, 14, 30, "),
        ("edge", "logRetentionDays", "100", "is 100; choose 1, 3, 5, 7, 14, 30, "),
        ("edge", "logLevel", "debug", "is 'debug'; choose DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_value_that_is_none_of_the_choices_is_refused_with_key_value_and_choices(
    run_program: Runner,
    recordings: dict[str, Recording],
    layer: str,
    key: str,
    value: str,
    complaint: str,
) -> None:
    upstream = {name: recording.outputs for name, recording in recordings.items()}

    recording = run_program(layer, upstream, {f"{layer}:{key}": value})

    assert f"{layer}:{key} {complaint}" in recording.error
    assert recording.cloud == []


def test_the_choices_are_those_of_the_services() -> None:
    assert "TRACE" not in LOG_LEVELS
    assert len(set(LOG_RETENTION_DAYS)) == 22
