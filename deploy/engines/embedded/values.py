"""Property values in the form that Pulumi puts on the wire: JSON plus signed objects.

The engine keeps values in this form in memory. A *signed object* is a JSON object whose key
`SIGNATURE_KEY` tells what it stands for: a secret, an asset, an archive, a reference to a
resource, or an output. Source: pulumi/pulumi, sdk/go/common/resource (properties.go, sig.go).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2

Properties = dict[str, Any]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public type tag
RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

_EXACT_INTEGERS = 2.0**53
"""Magnitude below which every integer is exactly a protobuf number (an IEEE 754 double)."""


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return a protobuf Struct as plain JSON; whole numbers become `int`, as state files have."""
    return {key: _decode_value(value) for key, value in struct.fields.items()}


def _decode_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return decode(value.struct_value)
    if kind == "list_value":
        return [_decode_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        whole = number.is_integer() and abs(number) < _EXACT_INTEGERS
        return int(number) if whole else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return plain JSON as a protobuf Struct."""
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def signature(value: Any) -> str | None:
    """Return what kind of signed object a value is, or None for plain JSON."""
    return value.get(SIGNATURE_KEY) if isinstance(value, dict) else None


def secret(value: Any) -> Any:
    """Return a value marked as secret (once, however often it is marked)."""
    return value if signature(value) == SECRET else {SIGNATURE_KEY: SECRET, "value": value}


def walk(value: Any) -> Iterator[Any]:
    """Yield a value and everything inside it."""
    yield value
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for child in children:
            yield from walk(child)


def contains_secret(value: Any) -> bool:
    """Return whether a value is secret or has a secret inside."""
    return any(signature(item) == SECRET for item in walk(value))


def contains_unknown(value: Any) -> bool:
    """Return whether a value, or a part of it, is known only after a deployment."""
    return any(_is_unknown(item) for item in walk(value))


def _is_unknown(value: Any) -> bool:
    if isinstance(value, str):
        return value == UNKNOWN
    return signature(value) == OUTPUT and "value" not in value


def rewrite(value: Any, change: Callable[[Properties], Any]) -> Any:
    """Return a copy of a value in which `change` was applied to every signed object, inside out."""
    if isinstance(value, list):
        return [rewrite(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: rewrite(item, change) for key, item in value.items()}
    return change(copy) if SIGNATURE_KEY in copy else copy


def collapse_outputs(value: Any) -> Any:
    """Return a value from a program with its outputs replaced by what they hold.

    An output without a value becomes `UNKNOWN`; a secret output becomes a secret.
    """

    def collapse(signed: Properties) -> Any:
        if signed[SIGNATURE_KEY] != OUTPUT:
            return signed
        held = signed.get("value", UNKNOWN)
        return secret(held) if signed.get("secret") else held

    return rewrite(value, collapse)


def reveal(value: Any) -> Any:
    """Return a value with every secret replaced by what it holds."""
    return rewrite(
        value, lambda signed: signed["value"] if signed[SIGNATURE_KEY] == SECRET else signed
    )


def simplify(value: Any, *, keep_secrets: bool = False) -> Any:
    """Return a value without what a provider does not understand.

    References to resources become the id (custom resources) or the URN (components); secrets
    become what they hold unless `keep_secrets`.
    """

    def change(signed: Properties) -> Any:
        if signed[SIGNATURE_KEY] == SECRET and not keep_secrets:
            return signed["value"]
        if signed[SIGNATURE_KEY] == RESOURCE_REFERENCE:
            return (signed["id"] or UNKNOWN) if "id" in signed else signed["urn"]
        return signed

    return rewrite(value, change)


def copy_secretness(values: Properties, source: Mapping[str, Any]) -> Properties:
    """Return `values` with everything marked secret that is secret under the same key in `source`.

    For providers that take and answer plain values only: what went in as a secret must not come
    back readable.
    """
    return {
        key: _marked_like(value, source[key]) if key in source else value
        for key, value in values.items()
    }


def _marked_like(value: Any, source: Any) -> Any:
    both_plain_objects = (
        isinstance(value, dict)
        and isinstance(source, dict)
        and SIGNATURE_KEY not in value
        and SIGNATURE_KEY not in source
    )
    if both_plain_objects:
        return copy_secretness(value, source)
    return secret(value) if contains_secret(source) else value
