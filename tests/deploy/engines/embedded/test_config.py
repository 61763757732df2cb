"""Configuration: values, defaults and types, and errors that name file, key and expectation."""

import pytest

from deploy.engines.embedded import ConfigError
from tests.deploy.engines.embedded.scenario import CLI_SALT, Scenario

SETTINGS = """
config:
  size:
    type: integer
  zones:
    type: array
    items: {type: string}
    default: [x, y]
  shape:
    type: object
    default: {round: true}
  enabled:
    type: boolean
    default: false
  token:
    type: string
    default: none
    secret: true
  short: brief
"""
PROGRAM = """
config = pulumi.Config()
pulumi.export("size", config.require_int("size"))
pulumi.export("zones", config.require_object("zones"))
pulumi.export("shape", config.require_object("shape"))
pulumi.export("enabled", config.require_bool("enabled"))
pulumi.export("token", config.require_secret("token"))
pulumi.export("short", config.require("short"))
"""


def test_a_program_gets_values_and_declared_defaults(scenario: Scenario) -> None:
    config = "config: {scenario:size: 3, scenario:enabled: 'true', zones: [z]}"
    scenario.write(PROGRAM, settings=SETTINGS, config=config)
    run = scenario.up()
    assert run.result.ok, run.result.errors
    assert run.result.outputs == {
        "size": 3,
        "zones": ["z"],
        "shape": {"round": True},
        "enabled": True,
        "token": "none",
        "short": "brief",
    }
    assert run.result.secret_outputs == {"token"}


def test_secure_values_that_the_cli_encrypted_are_opened(scenario: Scenario) -> None:
    secure = "v1:4BRgX0Vqig0z36s/:nuvH9Wu1o7TsLp9DIAELyiw0Dow="
    scenario.write(
        'pulumi.export("s", pulumi.Config().require_secret("sec"))',
        config=f"config:\n  scenario:sec: {{secure: '{secure}'}}\n",
    )
    assert scenario.salt == CLI_SALT
    run = scenario.up()
    assert run.result.ok, run.result.errors
    assert run.result.outputs == {"s": "hush"}
    assert run.result.secret_outputs == {"s"}


def test_settings_of_a_provider_reach_it(scenario: Scenario) -> None:
    scenario.write('Thing("a")', config="config: {test:region: north}")
    assert scenario.up().result.ok
    assert [thing.region for thing in scenario.cloud.things.values()] == ["north"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("config: {}", r"Pulumi\.local\.yaml: 'scenario:size' is missing.*of type integer"),
        (
            "config: {size: many}",
            r"Pulumi\.local\.yaml: 'scenario:size' is 'many', expected .* integer",
        ),
        (
            "config: {size: 1, zones: [1]}",
            r"'scenario:zones' is \[1\], expected a value of type array of string",
        ),
        ("config: {size: 1, shape: []}", r"'scenario:shape' is \[\], expected .* object"),
        ("config: {size: true}", r"'scenario:size' is True, expected .* integer"),
        (
            "config: {size: 1, seize: 2}",
            r"'scenario:seize' is not declared in .*Pulumi\.yaml, expected one of .*scenario:size",
        ),
        ("config: {size: 1, tset:region: x}", r"'tset:region' is in no known namespace.*test"),
        ("config: [size]", r"'config' is expected to be a mapping"),
        ("config: {size: [}", r"Pulumi\.local\.yaml cannot be read as YAML"),
        ("secretsprovider: awskms://x", r"'secretsprovider' is 'awskms://x'"),
    ],
)
def test_faults_in_a_stacks_configuration_are_named(
    scenario: Scenario, config: str, message: str
) -> None:
    scenario.write(PROGRAM, settings=SETTINGS, config=config)
    with pytest.raises(ConfigError, match=message):
        scenario.up()


def test_every_fault_is_told_at_once(scenario: Scenario) -> None:
    scenario.write(PROGRAM, settings=SETTINGS, config="config: {enabled: 7, tset:x: 1}")
    with pytest.raises(ConfigError) as caught:
        scenario.preview()
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtime: python", "'name' is missing"),
        ("name: x\nruntime: nodejs", "expected 'python'"),
        ("name: x\nruntime: python\nconfig: {a: {type: number}}", "expected one of string"),
        ("- a", "expected a mapping"),
    ],
)
def test_faults_in_project_settings_are_named(scenario: Scenario, text: str, message: str) -> None:
    scenario.write("")
    (scenario.directory / "Pulumi.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        scenario.stack()


def test_a_folder_without_a_project_is_named(scenario: Scenario) -> None:
    scenario.directory.mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"Pulumi\.yaml does not exist"):
        scenario.stack()


def test_destroying_needs_no_valid_configuration(scenario: Scenario) -> None:
    scenario.up('Thing("a")')
    scenario.write("", settings=SETTINGS)
    assert scenario.destroy().result.ok
    assert scenario.cloud.things == {}
