"""Answers of moto that never change, kept: it works them out for every request.

Which folders its package has, and which methods a class has, take a third of a small request.
"""

import functools

from moto import backends
from moto.core import responses, utils


def install() -> None:
    """Keep the answers. Harmless when called again."""
    stock_modules, stock_methods = backends.list_of_moto_modules, utils.method_names_from_class

    @functools.cache
    def modules() -> frozenset[str]:
        return frozenset(stock_modules())

    @functools.cache
    def methods(owner: type) -> frozenset[str]:
        return frozenset(stock_methods(owner))

    setattr(backends, "list_of_moto_modules", modules)  # noqa: B010 - to mypy a function, no variable
    setattr(responses, "method_names_from_class", methods)  # noqa: B010 - as above
