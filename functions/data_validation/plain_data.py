"""Dataclasses and named tuples as JSON's types and back, field by field.

An object stands for a record, an array for a tuple, a string for an enumeration. What does not
have exactly the expected shape is refused: state that is misread could pass rows that were never
compared.
"""

import types
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from functions.data_validation.errors import CheckpointError

T = TypeVar("T")


def dumped(value: Any) -> Any:
    """Return a value as JSON's types: dict, list, str, int, float, bool, None."""
    record: type = type(value)
    if _is_record(record):
        return {name: dumped(getattr(value, name)) for name in _field_types(record)}
    if isinstance(value, tuple):
        return [dumped(element) for element in value]
    return value.value if isinstance(value, StrEnum) else value


def loaded(expected: type[T], document: Any, name: str) -> T:
    """Return the record of type `expected` that `dumped` made a document of.

    Raises CheckpointError, which says where below `name` another shape was found.
    """
    return cast("T", _loaded(expected, document, name))


def _is_record(candidate: Any) -> bool:
    return isinstance(candidate, type) and (
        is_dataclass(candidate) or (issubclass(candidate, tuple) and hasattr(candidate, "_fields"))
    )


def _loaded(expected: Any, value: Any, path: str) -> Any:
    if _is_record(expected):
        return _loaded_record(expected, value, path)
    if get_origin(expected) in (Union, types.UnionType):
        (inner,) = (option for option in get_args(expected) if option is not types.NoneType)
        return None if value is None else _loaded(inner, value, path)
    if get_origin(expected) is tuple:
        return _loaded_tuple(expected, value, path)
    if issubclass(expected, StrEnum):
        return _loaded_enumeration(expected, value, path)
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:
        raise _misshapen(path, expected.__name__, value)
    return value


def _loaded_record(expected: type, value: Any, path: str) -> Any:
    hints = _field_types(expected)
    if not isinstance(value, dict):
        raise _misshapen(path, "an object", value)
    if value.keys() != hints.keys():
        names = ", ".join(sorted(value.keys() ^ hints.keys()))
        raise CheckpointError(f"{path} has too many or too few fields: {names}")
    return expected(
        **{name: _loaded(hint, value[name], f"{path}.{name}") for name, hint in hints.items()}
    )


def _loaded_tuple(expected: Any, value: Any, path: str) -> tuple[Any, ...]:
    element, _ellipsis = get_args(expected)
    if not isinstance(value, list):
        raise _misshapen(path, "an array", value)
    return tuple(_loaded(element, item, f"{path}[{index}]") for index, item in enumerate(value))


def _loaded_enumeration(expected: type[StrEnum], value: Any, path: str) -> StrEnum:
    try:
        return expected(value)
    except ValueError:
        raise _misshapen(path, f"one of {', '.join(expected)}", value) from None


@cache
def _field_types(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _misshapen(path: str, expected: str, value: object) -> CheckpointError:
    return CheckpointError(f"{path} is not {expected} but {type(value).__name__}")
