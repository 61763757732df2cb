"""Templates, the scope that they are resolved against, and what an expression has to offer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from localcloud.provider.wire import Properties

Template = Any
"""Plain data with expressions inside."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What expressions can refer to while one operation on one resource runs.

    ``inputs`` are the wanted input properties, ``old_inputs`` those of before an update, ``state``
    the outputs of before, ``live`` the service's description, ``answer`` the answer to the call
    that created the resource, ``item`` the element of a ``for_each``, ``changed`` the properties
    that an update changes.
    """

    inputs: Properties
    region: str
    endpoint_url: str
    account: Callable[[], str]
    resource_id: str | None = None
    old_inputs: Properties = field(default_factory=dict)
    state: Properties = field(default_factory=dict)
    live: Properties = field(default_factory=dict)
    answer: Properties = field(default_factory=dict)
    item: Any = None
    changed: frozenset[str] = frozenset()

    def having(self, **values: Any) -> "Scope":
        """Return the same scope with some of its parts replaced."""
        return replace(self, **values)


class Expression(ABC):
    """A value that depends on the resource at hand."""

    @abstractmethod
    def resolve(self, scope: Scope) -> Any:
        """Return the value, or None when there is none."""

    @abstractmethod
    def reads(self) -> frozenset[str]:
        """Return the input properties that the value depends on."""


def resolve(template: Template, scope: Scope) -> Any:
    """Return the template with each expression replaced, and without what has no value."""
    if isinstance(template, Expression):
        return template.resolve(scope)
    if isinstance(template, Mapping):
        values = {key: resolve(value, scope) for key, value in template.items()}
        return {key: value for key, value in values.items() if value is not None}
    if isinstance(template, list):
        items = (resolve(value, scope) for value in template)
        return [item for item in items if item is not None]
    return template


def inputs_read(template: Template) -> frozenset[str]:
    """Return the input properties that a template depends on."""
    if isinstance(template, Expression):
        return template.reads()
    parts = template.values() if isinstance(template, Mapping) else template
    if isinstance(template, Mapping | list):
        return frozenset().union(*(inputs_read(part) for part in parts))
    return frozenset()
