"""Generate ``schema.json`` from the source of the installed ``pulumi_aws`` package.

The package's classes say, for every resource type, which properties a program may set, which of
them it must set, which come back, and which of those are secret. Their source is parsed, never
imported: importing all of ``pulumi_aws`` costs seconds and hundreds of megabytes, parsing the
modules of the types in the table a fraction of that.

Run ``python -m localcloud.provider.schema_generator`` after adding a type to the table or after
moving to another release of ``pulumi_aws``; a test holds the committed file to the result.
"""

import ast
import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

SCHEMA_FILE = Path(__file__).with_name("schema.json")


class TypeEntry(TypedDict):
    """What the file says about one type: property names in Pulumi's camelCase, sorted."""

    inputs: list[str]
    required: list[str]
    outputs: list[str]
    secret: list[str]


class SchemaDocument(TypedDict):
    """The whole file: the release that it was read from, and an entry a type."""

    version: str
    types: dict[str, TypeEntry]


class SchemaGenerationError(LookupError):
    """The package does not have what a token says; the message names both."""


def generate(tokens: Iterable[str]) -> SchemaDocument:
    """Return the schema of the types with these tokens, for example ``aws:ec2/vpc:Vpc``.

    Raises SchemaGenerationError when the installed package has no such type.
    """
    return {
        "version": importlib.metadata.version("pulumi_aws"),
        "types": {token: _type_entry(token) for token in sorted(tokens)},
    }


def render(document: SchemaDocument) -> str:
    """Return the text of the committed file: one line a list, so that a diff stays readable."""
    types = ",\n".join(
        f"    {json.dumps(token)}: {{\n"
        + ",\n".join(
            f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items()
        )
        + "\n    }"
        for token, entry in document["types"].items()
    )
    version = json.dumps(document["version"])
    return f'{{\n  "version": {version},\n  "types": {{\n{types}\n  }}\n}}\n'


def _type_entry(token: str) -> TypeEntry:
    module, class_name = _find_module(token)
    tree = ast.parse(module.read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    arguments = classes.get(f"{class_name}Args") or classes.get(f"{class_name}InitArgs")
    resource = classes.get(class_name)
    if resource is None or arguments is None or token not in _string_constants(resource):
        raise SchemaGenerationError(f"{module.name} of pulumi_aws does not define {token}")
    inputs = _getters(arguments)
    return {
        "inputs": sorted(inputs.values()),
        "required": sorted(
            inputs[name] for name in _arguments_without_default(arguments) if name in inputs
        ),
        "outputs": sorted(_getters(resource).values()),
        "secret": sorted(_additional_secret_outputs(resource)),
    }


def _find_module(token: str) -> tuple[Path, str]:
    """Return the file and the class of a token ``aws:<folder>/<module>:<Class>``."""
    match = re.fullmatch(r"aws:(\w+)/(\w+):(\w+)", token)
    specification = importlib.util.find_spec("pulumi_aws")
    if match is None or specification is None or specification.origin is None:
        raise SchemaGenerationError(f"{token} is not a type of an installed pulumi_aws")
    folder, module, class_name = match.groups()
    package = Path(specification.origin).parent
    for candidate in (folder, f"{folder}_"):
        path = package / candidate / f"{_snake_case(module)}.py"
        if path.is_file():
            return path, class_name
    raise SchemaGenerationError(f"pulumi_aws has no module for {token}")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _getters(class_: ast.ClassDef) -> dict[str, str]:
    """Return the Python name of every property of a class with its name on the wire."""
    names: dict[str, str] = {}
    for function in _functions(class_):
        for decorator in function.decorator_list:
            if ast.unparse(decorator) == "pulumi.getter":
                names[function.name] = function.name
            elif isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pulumi.getter":
                names[function.name] = ast.literal_eval(decorator.keywords[0].value)
    return names


def _arguments_without_default(class_: ast.ClassDef) -> Iterator[str]:
    for function in _functions(class_):
        if function.name == "__init__":
            pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            yield from (argument.arg for argument, default in pairs if default is None)


def _additional_secret_outputs(class_: ast.ClassDef) -> list[str]:
    for node in ast.walk(class_):
        if isinstance(node, ast.keyword) and node.arg == "additional_secret_outputs":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def _functions(class_: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in class_.body if isinstance(node, ast.FunctionDef))


def _string_constants(class_: ast.ClassDef) -> set[str]:
    return {
        node.value
        for node in ast.walk(class_)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def main() -> None:
    """Write the committed file."""
    from localcloud.provider.services import RESOURCE_TYPES  # the table needs no schema

    document = generate(RESOURCE_TYPES)
    SCHEMA_FILE.write_text(render(document), encoding="utf-8")
    sys.stdout.write(f"{SCHEMA_FILE.name}: {len(document['types'])} types\n")


if __name__ == "__main__":
    main()
