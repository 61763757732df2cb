"""A function's environment variables as a frozen dataclass."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from functions.runtime.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

_CONVERTERS: dict[type, Callable[[str], Any]] = {str: str, int: int, float: float}


def load(settings: type[S], environment: Mapping[str, str] | None = None) -> S:
    """Return `settings` filled from the environment: field `source_host` from SOURCE_HOST.

    Fields are str, int or float; one with a default may be absent. Raises SettingsError that
    names every variable that is missing, empty or malformed, not only the first.
    """
    variables = os.environ if environment is None else environment
    types = get_type_hints(settings)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in dataclasses.fields(settings):
        variable = field.name.upper()
        text = variables.get(variable, "")
        if text:
            try:
                values[field.name] = _CONVERTERS[types[field.name]](text)
            except ValueError:
                problems.append(f"{variable} is not {types[field.name].__name__}")
        elif field.default is dataclasses.MISSING:
            problems.append(f"{variable} is missing")
    if problems:
        raise SettingsError(f"environment of {settings.__name__}: {'; '.join(problems)}")
    return settings(**values)
