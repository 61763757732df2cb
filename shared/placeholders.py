"""Placeholders: what a preview takes for the outputs of layers that are not deployed yet.

Each contract has them beside its outputs, so the layer that promises an output also says what it
looks like. Who starts a preview names the layers to stand in for in the environment variable
`VARIABLE`; `shared.references` reads it in the program.

A placeholder is known by its looks, wherever it turns up: it has the word *placeholder* in it, or
twelve zeros where AWS has an account or a random id. Numbers are the exception.
"""

from collections.abc import Iterable, Mapping
from typing import Any

VARIABLE = "PREVIEW_PLACEHOLDERS"
"""Environment variable of a previewed program: layers, with commas between."""

_SIGNS = ("placeholder", "000000000000")


def requested(environ: Mapping[str, str], known: Iterable[str]) -> frozenset[str]:
    """Return the layers that the environment asks placeholders of.

    `known` are all layers there are. Raises ValueError for any other.
    """
    names = frozenset(name.strip() for name in environ.get(VARIABLE, "").split(",")) - {""}
    valid = list(known)
    unknown = sorted(names - set(valid))
    if unknown:
        raise ValueError(
            f"{VARIABLE} names {', '.join(unknown)}; the layers are {', '.join(valid)}"
        )
    return names


def is_placeholder(value: Any) -> bool:
    """Return whether a value is a placeholder, was made from one, or has such a part."""
    if isinstance(value, str):
        return any(sign in value.lower() for sign in _SIGNS)
    if isinstance(value, Mapping):
        return any(map(is_placeholder, value.values()))
    return isinstance(value, list | tuple) and any(map(is_placeholder, value))
