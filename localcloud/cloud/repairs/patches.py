"""How a repair reaches into moto: once, and never past its target."""

import functools
from collections.abc import Callable
from typing import Any

from localcloud.cloud.patching import wrap


def once(install: Callable[[], None]) -> Callable[[], None]:
    """Make an ``install`` function do its work only the first time that it is called."""
    done: list[bool] = []

    @functools.wraps(install)
    def wrapper() -> None:
        if not done:
            done.append(True)
            install()

    return wrapper


def absent_is(owner: type, methods: tuple[str, ...], error: Callable[..., Exception]) -> None:
    """Make methods of a backend say that something does not exist, in AWS's words.

    moto looks things up in dictionaries; what is not there becomes a KeyError, and that a server
    error, which no client takes for "it is gone". ``error`` gets the method's own arguments.
    """

    def around(stock: Callable[..., Any], self: Any, *arguments: Any, **keywords: Any) -> Any:
        try:
            return stock(self, *arguments, **keywords)
        except KeyError as missing:
            raise error(*arguments, **keywords) from missing

    for method in methods:
        wrap(owner, method, around)


def add_action(owner: type, name: str, action: Callable[[Any], Any]) -> None:
    """Give a response class an action that it lacks.

    Raises AttributeError when moto has it by now: then the repair is no longer needed.
    """
    if hasattr(owner, name):
        raise AttributeError(f"moto implements {owner.__name__}.{name} itself")
    setattr(owner, name, action)
