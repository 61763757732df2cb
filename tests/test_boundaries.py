"""Rules that hold between the repository's folders, checked on the code itself."""

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.contracts import CONTRACTS

REPOSITORY = Path(__file__).resolve().parent.parent
CODE = ("deploy", "functions", "localcloud", "shared", "stacks", "tooling", "validation")

# folder → folders that nothing in it may import
FORBIDDEN = {
    "stacks": {"deploy", "localcloud", "tooling", "validation"},
    "functions": {
        "deploy",
        "localcloud",
        "tooling",
        "shared",
        "stacks",
        "validation",
        "pulumi",
        "pulumi_aws",
    },
    "shared": {"deploy", "localcloud", "tooling", "stacks", "functions", "validation"},
    "localcloud": {"deploy", "tooling", "stacks", "functions", "validation"},
    "deploy": {"tooling", "stacks", "functions", "validation"},
    "tooling": {"validation"},
    "validation": {"localcloud", "tooling", "stacks", "pulumi", "pulumi_aws"},
}
# What the core of data validation may use: a driver for people and their terminals is not its.
VALIDATION_CORE = {"functions", "aws_lambda_powertools", "botocore", "pg8000"}


def _modules(folder: str) -> Iterator[Path]:
    yield from sorted((REPOSITORY / folder).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_no_folder_imports_what_it_must_not_know(folder: str) -> None:
    modules = list(_modules(folder))
    assert modules
    found = [
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in modules
        for name in _imports(path)
        if name.partition(".")[0] in FORBIDDEN[folder]
    ]

    assert found == []


def test_the_core_of_data_validation_needs_no_driver_but_lambdas() -> None:
    imported = {
        name.partition(".")[0]
        for path in _modules("functions/data_validation")
        for name in _imports(path)
    }

    assert imported - sys.stdlib_module_names == VALIDATION_CORE


def test_the_orchestrator_knows_the_laptop_cloud_by_one_module_only() -> None:
    known = {
        name
        for path in _modules("deploy")
        for name in _imports(path)
        if name.partition(".")[0] == "localcloud"
    }

    assert known == {"localcloud.control"}


def _environment_questions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in ("local", "AWS_ENDPOINT_URL"):
            yield f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.value!r}"


@pytest.mark.parametrize("folder", ["stacks", "functions", "shared"])
def test_no_program_asks_which_environment_it_runs_in(folder: str) -> None:
    assert [hit for path in _modules(folder) for hit in _environment_questions(path)] == []


def test_a_layer_is_named_in_its_contract_and_nowhere_else_in_the_code() -> None:
    typed: Counter[str] = Counter()
    places: list[str] = []
    for folder in CODE:
        for path in _modules(folder):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "layer":
                    value = node.value
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        typed[value.value] += 1
                        places.append(str(path.relative_to(REPOSITORY)))

    assert typed == Counter(dict.fromkeys(CONTRACTS, 1))
    assert sorted(places) == sorted(f"shared/contracts/{layer}.py" for layer in CONTRACTS)


@pytest.mark.parametrize("layer", CONTRACTS)
def test_no_two_resources_of_a_layer_are_given_the_same_name_in_the_code(layer: str) -> None:
    names: Counter[tuple[str, str]] = Counter()
    for path in _modules(f"stacks/{layer}"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            literals = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if node.func.attr == "name" and len(literals) == 2 == len(node.args):
                names[str(literals[0]), str(literals[1])] += 1

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_layer_has_a_team_of_its_own(layer: str) -> None:
    owners = {
        line.split()[0]: line.split()[1:]
        for line in (REPOSITORY / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }

    assert owners[f"/stacks/{layer}/"]
    assert owners[f"/stacks/{layer}/"] != owners["*"]


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_output_of_a_contract_is_documented_and_has_a_placeholder(layer: str) -> None:
    fields = list(CONTRACTS[layer].fields())

    assert fields
    assert all(field.doc and field.placeholder not in (None, "", []) for field in fields)


def test_every_test_file_is_one_that_pytest_collects() -> None:
    support = {"conftest.py"}
    stray = [
        str(path.relative_to(REPOSITORY))
        for path in _modules("tests")
        if "def test_" in path.read_text(encoding="utf-8")
        and not path.name.startswith("test_")
        and path.name not in support
    ]

    assert stray == []


def test_the_readme_names_every_task() -> None:
    tasks = ast.parse((REPOSITORY / "tasks.py").read_text(encoding="utf-8"))
    names = {
        node.name.replace("_", "-")
        for node in tasks.body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    }
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    assert {name for name in names if f"invoke {name}" not in readme} == set()


def test_every_dependency_is_declared_once() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [
        requirement.partition(">")[0]
        for requirement in (
            *project["project"]["dependencies"],
            *project["dependency-groups"]["dev"],
        )
    ]

    assert len(declared) == len(set(declared))
