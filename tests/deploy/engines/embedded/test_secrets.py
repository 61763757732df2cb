"""Secrets are encrypted at rest and stay secret on their way through a provider."""

import pytest

from deploy.engines.embedded import PassphraseError, StackState
from tests.deploy.engines.embedded.scenario import Scenario

PROGRAM = """
a = Thing("a", secretnote=pulumi.Output.secret("hush-1"),
          nested={"deep": [pulumi.Output.secret("hush-2")]},
          opts=Options(additional_secret_outputs=["password"]))
b = Thing("b", secretnote=a.secretnote)
pulumi.export("note", b.secretnote)
pulumi.export("password", a.password)
pulumi.export("open", a.arn)
"""


def test_no_secret_is_readable_in_the_state(scenario: Scenario) -> None:
    run = scenario.up(PROGRAM)
    assert run.result.ok, run.result.errors
    assert scenario.cloud.things["thing-1"].inputs["secretnote"] == "hush-1"
    assert scenario.cloud.things["thing-1"].inputs["nested"] == {"deep": ["hush-2"]}
    text = scenario.state_file.read_text()
    assert "hush" not in text
    assert "pw-thing-1" not in text
    assert "ciphertext" in text
    assert run.result.secret_outputs == {"note", "password"}
    assert run.result.outputs["note"] == "hush-1"
    assert run.result.outputs["password"] == "pw-thing-1"


def test_secrets_are_readable_through_the_view(scenario: Scenario) -> None:
    scenario.up(PROGRAM)
    state = scenario.state()
    assert state.outputs["note"] == "hush-1"
    assert state.secret_output_names == {"note", "password"}
    thing = next(r for r in state.resources if r.id == "thing-1")
    assert thing.inputs["nested"] == {"deep": ["hush-2"]}


def test_unchanged_secrets_keep_their_ciphertext(scenario: Scenario) -> None:
    scenario.up(PROGRAM)
    before = scenario.state_file.read_text()
    assert scenario.up().result.changes == 0
    after = scenario.state_file.read_text()
    assert before.split('"resources"')[1] == after.split('"resources"')[1]


def test_a_wrong_passphrase_is_told(scenario: Scenario) -> None:
    scenario.up(PROGRAM)
    scenario.passphrase = "something else"
    with pytest.raises(PassphraseError, match="PULUMI_CONFIG_PASSPHRASE"):
        scenario.up()
    with pytest.raises(PassphraseError):
        StackState.load(scenario.backend, "scenario", "local", "something else")
