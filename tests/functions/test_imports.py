"""Functions are shipped alone: they import what their packages hold, and Lambda's SDK."""

import ast
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shared.packaging import FUNCTIONS, PROVIDED_BY_LAMBDA, resolve

FUNCTION_NAMES = (
    "authorizer",
    "cutover",
    "data_validation",
    "payments",
    "preflight",
    "secret_rotation",
)
# Only type checkers see it.
TYPING_ONLY = {"_typeshed"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            assert node.module is not None
            yield node.module.partition(".")[0]


def sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((FUNCTIONS / folder).rglob("*.py"))]


@pytest.mark.parametrize("function", FUNCTION_NAMES)
def test_a_function_imports_only_what_its_package_or_lambda_provides(function: str) -> None:
    lines = (FUNCTIONS / function / "requirements.txt").read_text().split()
    distributions = set(resolve([Requirement(line) for line in lines])) | PROVIDED_BY_LAMBDA
    provided = {
        module
        for module, owners in metadata.packages_distributions().items()
        if distributions & {owner.lower().replace("_", "-") for owner in owners}
    }
    allowed = set(sys.stdlib_module_names) | provided | TYPING_ONLY | {"functions"}
    found = {name for file in sources(function) for name in imported(file)}
    assert found - allowed == set()


@pytest.mark.parametrize(
    "forbidden",
    ["pulumi", "shared", "deploy", "localcloud", "stacks", "validation", "psycopg", "rich"],
)
def test_functions_never_import_the_tool_around_them(forbidden: str) -> None:
    found = {name for file in sources("runtime", *FUNCTION_NAMES) for name in imported(file)}
    assert forbidden not in found
