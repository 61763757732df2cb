"""Functions that programs call (``aws.get_region()`` and the like), by token.

A function is Python code over a session; it declares the arguments that it honours, and any
other argument is refused by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.provider.errors import UnsupportedError
from localcloud.provider.session import Session
from localcloud.provider.wire import Properties


@dataclass(frozen=True)
class Function:
    """One function: its code, and the arguments that it honours."""

    call: Callable[[Session, Properties], Properties]
    arguments: frozenset[str]


def call_function(session: Session, token: str, arguments: Mapping[str, Any]) -> Properties:
    """Call a function by token; raises UnsupportedError for an unknown one or argument."""
    from localcloud.provider.functions.table import FUNCTIONS  # its modules import Function

    function = FUNCTIONS.get(token)
    if function is None:
        raise UnsupportedError(f"function {token} is not supported by the local aws provider")
    given = {
        name: value
        for name, value in arguments.items()
        if value is not None and value != [] and value != {}
    }
    unknown = sorted(given.keys() - function.arguments)
    if unknown:
        raise UnsupportedError(f"{token} does not implement the argument {', '.join(unknown)}")
    return function.call(session, given)
