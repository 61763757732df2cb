"""Which files a layer is made from, and how each one comes into it."""

from pathlib import Path

import pytest

from deploy.inputs import LayerInputs
from deploy.places import REPOSITORY
from shared.contracts import CONTRACTS
from tests.deploy import repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository.make(tmp_path)


def _inputs(root: Path, environment: str = "local") -> LayerInputs:
    return LayerInputs(environment, root=root, contracts=repository.CONTRACTS)


def test_a_layer_s_own_files_are_inputs_but_not_its_notes(root: Path) -> None:
    files = _inputs(root).files("base")

    assert {"stacks/base/__main__.py", "stacks/base/Pulumi.yaml"} <= files.keys()
    assert "stacks/base/README.md" not in files


def test_only_the_configuration_of_the_environment_is_an_input(root: Path) -> None:
    local, prod = (_inputs(root, name).files("base").keys() for name in ("local", "prod"))

    assert "stacks/base/Pulumi.local.yaml" in local - prod
    assert "stacks/base/Pulumi.prod.yaml" in prod - local


def test_a_module_imported_by_way_of_another_tells_the_whole_way(root: Path) -> None:
    files = _inputs(root).files("base")

    assert files["shared/naming.py"].through == ("shared/tags.py", "stacks/base/__main__.py")
    assert str(files["shared/tags.py"]) == "shared/tags.py ← stacks/base/__main__.py"


def test_what_nobody_imports_is_no_input(root: Path) -> None:
    assert "shared/unused.py" not in _inputs(root).files("base")


def test_a_package_brings_its_function_and_what_all_functions_share(root: Path) -> None:
    files = _inputs(root).files("top")

    assert files["functions/payments/handler.py"].through[0] == "stacks/top/lambdas.py"
    assert {"functions/payments/requirements.txt", "functions/runtime/log.py"} <= files.keys()
    assert "functions/other/handler.py" not in files


def test_a_layer_reads_its_own_contract_and_those_it_consumes_and_no_other(root: Path) -> None:
    base, top = (_inputs(root).files(layer).keys() for layer in ("base", "top"))

    assert "shared/contracts/base.py" in base & top
    assert "shared/contracts/top.py" in top - base


def test_pinned_versions_are_inputs_of_every_layer(root: Path) -> None:
    assert all("uv.toml" in _inputs(root).files(layer) for layer in repository.CONTRACTS)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("import shared.naming", "shared/naming.py"),
        ("from . import other", "stacks/base/other.py"),
        ("from ..base.other import x", "stacks/base/other.py"),
        ("def late():\n    from shared.naming import x", "shared/naming.py"),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shared.naming",
            "shared/naming.py",
        ),
    ],
)
def test_every_form_of_import_is_followed(root: Path, statement: str, found: str) -> None:
    repository.write(root, "stacks/base/other.py", "")
    repository.write(root, "stacks/base/__main__.py", statement)

    assert found in _inputs(root).files("base")


def test_a_program_that_cannot_be_parsed_is_an_input_all_the_same(root: Path) -> None:
    repository.write(root, "stacks/base/__main__.py", "def (")

    assert "stacks/base/__main__.py" in _inputs(root).digests("base")


def test_a_digest_changes_with_the_content_and_with_nothing_else(root: Path) -> None:
    before = _inputs(root).digests("base")
    (root / "shared/tags.py").touch()
    repository.write(root, "shared/unused.py", "changed")
    same = _inputs(root).digests("base")
    repository.write(root, "shared/naming.py", "changed")
    after = _inputs(root).digests("base")

    assert before == same
    assert {path for path in after if after[path] != before[path]} == {"shared/naming.py"}


def test_every_function_of_this_repository_is_the_input_of_a_layer() -> None:
    inputs = LayerInputs("local")
    packaged = {
        path for layer in CONTRACTS for path in inputs.files(layer) if path.endswith("handler.py")
    }

    handlers = REPOSITORY.glob("functions/*/handler.py")
    assert packaged == {path.relative_to(REPOSITORY).as_posix() for path in handlers}


def test_a_change_of_the_edge_contract_concerns_its_producer_and_its_consumer_only() -> None:
    inputs = LayerInputs("local")

    concerned = [layer for layer in CONTRACTS if "shared/contracts/edge.py" in inputs.files(layer)]

    assert concerned == ["edge", "observability"]
