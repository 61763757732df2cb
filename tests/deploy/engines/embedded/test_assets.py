"""Assets: hashes that equal the CLI's, paths that a provider with another folder can open."""

from pathlib import Path

import pytest

from deploy.engines.embedded.assets import AssetPaths, hashed
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.values import ARCHIVE, ASSET, SIGNATURE_KEY, Properties
from deploy.events import Operation
from tests.deploy.engines.embedded.scenario import Scenario

FILES = ("b.py", "a.py", "sub/z.txt", "sub/x/k", "sub.txt", "Z")


def _asset(**fields: object) -> Properties:
    return {SIGNATURE_KEY: ASSET, **fields}


def _archive(**fields: object) -> Properties:
    return {SIGNATURE_KEY: ARCHIVE, **fields}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        file = tmp_path / "code" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {name}")
    return tmp_path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            _asset(text="hello"),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        ),
        (
            _asset(path="code/a.py"),
            "c82115c422f7204f4089f6d5235aa9bd935e44fc373ec93279d6e70882d07f41",
        ),
        (
            _archive(path="code"),
            "29df9bd2ab7fe57ef544cd139a35f7ce1f0ef19c276fb8299f80284149683bd2",
        ),
        (
            _archive(
                assets={
                    "q/w.txt": _asset(text="1"),
                    "dir": _archive(path="code"),
                    "a.py": _asset(path="code/a.py"),
                }
            ),
            "74f4fc88cecc7037e836c9a28c7f04389412e9defb0b2c2b55888515066cf0d2",
        ),
    ],
)
def test_hashes_are_those_that_the_cli_records(
    folder: Path, value: Properties, expected: str
) -> None:
    """The expected hashes were read from a state that Pulumi's CLI 3.260 wrote."""
    assert hashed(value, folder)["hash"] == expected


def test_an_archive_that_is_a_file_hashes_its_bytes(folder: Path) -> None:
    as_archive = hashed(_archive(path="code/a.py"), folder)
    assert as_archive["hash"] == hashed(_asset(path="code/a.py"), folder)["hash"]


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(OperationError, match=r"code/none\.zip"):
        hashed(_archive(path="code/none.zip"), folder)


def test_remote_assets_are_refused_by_name(folder: Path) -> None:
    with pytest.raises(OperationError, match="from a URI"):
        hashed(_asset(uri="https://example.com/x"), folder)


def test_file_names_that_tar_writes_differently_are_refused(folder: Path) -> None:
    (folder / "code" / "é.py").write_text("")
    with pytest.raises(OperationError, match="zip file"):
        hashed(_archive(path="code"), folder)


def test_paths_are_absolute_for_the_provider_and_as_written_for_the_state(folder: Path) -> None:
    paths = AssetPaths(folder)
    value = {"code": _archive(path="./code"), "note": "code"}
    absolute = paths.to_absolute(value)
    assert absolute["code"]["path"] == str(folder / "code")
    assert paths.to_original(absolute) == value


def test_changed_contents_update_a_resource(scenario: Scenario) -> None:
    scenario.write('Thing("a", code=pulumi.FileArchive("code.zip"))')
    (scenario.directory / "code.zip").write_bytes(b"one")
    scenario.up()
    assert scenario.up().result.changes == 0
    (thing,) = scenario.cloud.things.values()
    assert thing.inputs["code"]["path"] == str(scenario.directory / "code.zip")
    assert str(scenario.directory) not in scenario.state_file.read_text()
    (scenario.directory / "code.zip").write_bytes(b"two")
    assert scenario.up().result.counts == {Operation.UPDATE: 1}
