"""How the extensions change moto: a method is replaced by a function around it."""

import functools
from collections.abc import Callable
from typing import Any


def wrap(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Replace a method so that ``around(stock, self, ...)`` is called in its place.

    `stock` is the method as it was. Raises AttributeError when there is none of that name: an
    extension must not silently miss its target in a later moto.
    """
    stock = getattr(owner, name)

    @functools.wraps(stock)
    def replacement(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return around(stock, self, *arguments, **keywords)

    setattr(owner, name, replacement)


def wrap_property(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Replace a property's getter so that ``around(stock, self)`` is called in its place.

    `stock` is the getter as it was; the setter stays. Raises AttributeError when the class has
    no such property.
    """
    stock = getattr(owner, name)
    if not isinstance(stock, property) or stock.fget is None:
        raise AttributeError(f"{owner.__name__}.{name} is not a property")
    getter = stock.fget

    def replacement(self: Any) -> Any:
        return around(getter, self)

    setattr(owner, name, property(replacement, stock.fset, stock.fdel, stock.__doc__))
