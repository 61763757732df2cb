"""What ``pulumi_aws`` says about each resource type, read once from the generated file."""

import functools
import json
from dataclasses import dataclass

from localcloud.provider.errors import UnsupportedError
from localcloud.provider.schema_generator import SCHEMA_FILE, SchemaDocument


@dataclass(frozen=True)
class TypeSchema:
    """Property names of one type, in Pulumi's camelCase."""

    inputs: frozenset[str]
    required: frozenset[str]
    outputs: frozenset[str]
    secret: frozenset[str]


@functools.cache
def _document() -> SchemaDocument:
    document: SchemaDocument = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return document


def version() -> str:
    """Return the release of ``pulumi_aws`` that the schema was read from."""
    return _document()["version"]


@functools.cache
def schema_of(token: str) -> TypeSchema:
    """Return the schema of a type; raises UnsupportedError when there is none."""
    entry = _document()["types"].get(token)
    if entry is None:
        raise UnsupportedError(f"resource type {token} is not supported by the local aws provider")
    return TypeSchema(
        inputs=frozenset(entry["inputs"]),
        required=frozenset(entry["required"]),
        outputs=frozenset(entry["outputs"]),
        secret=frozenset(entry["secret"]),
    )
