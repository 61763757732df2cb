"""Environment settings: what a file may say, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from deploy.environments import ENVIRONMENTS, EngineName, load
from deploy.errors import UsageError

DEV = """
backend_url = "s3://states?region=ap-southeast-1"
secrets_provider = "passphrase"
passphrase_variable = "DEV_PASSPHRASE"
aws_profile = "dev"
aws_region = "ap-southeast-1"
"""
ENVIRON = {"DEV_PASSPHRASE": "correct horse"}


def write(folder: Path, text: str, name: str = "dev.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def fault(folder: Path, text: str) -> str:
    write(folder, text)
    with pytest.raises(UsageError) as raised:
        load("dev", folder=folder, environ=ENVIRON)
    assert raised.value.exit_code == 2
    assert "dev.toml" in str(raised.value)
    return str(raised.value)


def test_local_is_built_in_and_shares_the_embedded_engines_state(tmp_path: Path) -> None:
    local = load("local", folder=tmp_path / "none", home=tmp_path)
    assert local.engine is EngineName.EMBEDDED
    assert local.cli.file_backend == tmp_path / "state"
    assert local.cli.environment()["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert local.cli.home == tmp_path / "pulumi"
    assert not local.protected


def test_a_file_says_where_state_and_secrets_are(tmp_path: Path) -> None:
    write(tmp_path, DEV)
    dev = load("dev", folder=tmp_path, environ=ENVIRON)
    assert dev.engine is EngineName.PULUMI
    assert dev.cli.file_backend is None
    assert dev.cli.environment() == {
        "PULUMI_BACKEND_URL": "s3://states?region=ap-southeast-1",
        "PULUMI_CONFIG_PASSPHRASE": "correct horse",
        "AWS_PROFILE": "dev",
        "AWS_REGION": "ap-southeast-1",
    }
    assert "horse" not in repr(dev)


def test_a_passphrase_may_be_in_a_file_beside_the_settings(tmp_path: Path) -> None:
    write(tmp_path, "from a file\n", "secret")
    text = DEV.replace('passphrase_variable = "DEV_PASSPHRASE"', 'passphrase_file = "secret"')
    write(tmp_path, text)
    assert load("dev", folder=tmp_path, environ={}).cli.passphrase == "from a file"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_examples_are_valid(name: str, tmp_path: Path) -> None:
    example = ENVIRONMENTS / f"{name}.example.toml"
    write(tmp_path, example.read_text(), f"{name}.toml")
    settings = load(name, folder=tmp_path, environ={"PAYMENTS_DEV_PASSPHRASE": "x"})
    assert settings.protected is (name == "prod")
    assert settings.cli.aws_region == "ap-southeast-1"


def test_an_environment_without_a_file_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"next: write .*dev\.toml"):
        load("dev", folder=tmp_path)
    write(tmp_path, DEV, "dev.example.toml")
    with pytest.raises(UsageError, match=r"next: cp .*dev\.example\.toml .*dev\.toml"):
        load("dev", folder=tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("aws_region", "region"), "'region' is not a setting, expected one of engine, backend_"),
        (('"dev"', "3"), "'aws_profile' is 3, expected a text"),
        (("backend_url", "# backend_url"), "'backend_url' is missing"),
        (("backend_url", 'engine = "embedded"\nbackend_url'), "for the laptop cloud only"),
        (("passphrase_variable", "# "), "set either 'passphrase_file' or 'passphrase_variable'"),
        (('"passphrase"', '"awskms://alias/x"'), "'passphrase_variable' is for"),
        (("DEV_PASSPHRASE", "OTHER"), "next: export OTHER="),
        (('passphrase_variable = "DEV_PASSPHRASE"', 'passphrase_file = "gone"'), "cannot be read"),
        (("backend_url =", "backend_url"), "cannot be read as TOML"),
        (("backend_url", 'protected = "yes"\nbackend_url'), "expected true or false"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert expected in fault(tmp_path, DEV.replace(*change))


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    text = fault(tmp_path, 'aws_regon = "x"\nprotected = 1\n')
    assert "'aws_regon' is not a setting" in text
    assert "'protected' is 1" in text
    assert "'backend_url' is missing" in text
