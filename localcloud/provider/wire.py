"""Property values between protobuf's ``Struct`` and Python.

Source: "Special values" in Pulumi's provider protocol; the signatures are the Python SDK's. Python
values are plain: strings, booleans, integers and floats, lists, and dictionaries (an archive or
asset stays the signed dictionary that it is on the wire). A value that is not known yet, during a
preview, is the string UNKNOWN. Secrets are unwrapped: the provider says that it does not accept
them, and whoever gets its answers marks them again.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SIGNATURE_KEY: str = rpc._special_sig_key  # noqa: SLF001  the SDK has no public name for these
SECRET: str = rpc._special_secret_sig  # noqa: SLF001
OUTPUT: str = rpc._special_output_value_sig  # noqa: SLF001
ARCHIVE: str = rpc._special_archive_sig  # noqa: SLF001
ASSET: str = rpc._special_asset_sig  # noqa: SLF001
UNKNOWN: str = rpc.UNKNOWN

Properties = dict[str, Any]


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Return the properties of a message; those without a value are left out."""
    values = {name: _from_value(value) for name, value in struct.fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the message for properties; those that are None are left out.

    Raises TypeError for a value that has no form on the wire.
    """
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        if value is not None:
            struct.fields[name].CopyFrom(_to_value(value))
    return struct


def is_unknown(value: Any) -> bool:
    """Say whether a value is, or has inside it, one that is not known yet."""
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def has_unknown_parts(value: Any) -> bool:
    """Say whether a value cannot even be walked through: it, or an element of it, is unknown."""
    return bool(value == UNKNOWN) or (isinstance(value, list) and UNKNOWN in value)


def is_archive(value: Any) -> bool:
    """Say whether a value is an archive (code) rather than data."""
    return isinstance(value, Mapping) and value.get(SIGNATURE_KEY) == ARCHIVE


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _unwrap({k: _from_value(v) for k, v in value.struct_value.fields.items()})
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind in (None, "null_value"):
        return None
    return value.string_value if kind == "string_value" else value.bool_value


def _unwrap(value: Properties) -> Any:
    if value.get(SIGNATURE_KEY) == SECRET:
        return value.get("value")
    if value.get(SIGNATURE_KEY) == OUTPUT:
        return value.get("value", UNKNOWN)
    return value


def _to_value(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=to_struct(value))
    if isinstance(value, list | tuple):
        items = [_to_value(item) for item in value]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    raise TypeError(f"a {type(value).__name__} has no form on Pulumi's wire")
