"""The small language in which the table says what an API call is given.

An argument in the table is a *template*: ordinary Python data (strings, numbers, lists,
dictionaries) that may hold expressions. An expression stands for a value of the resource at hand;
resolving a template against a ``Scope`` replaces each by its value. An expression without a value
is None, and whatever is None is left out of the request.

Every expression knows which input properties it reads, so that the table can be checked: an input
that no call reads would be dropped silently.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jmespath

from localcloud.provider.comparison import list_difference
from localcloud.provider.scope import Expression, Scope
from localcloud.provider.wire import UNKNOWN, has_unknown_parts, is_unknown


@dataclass(frozen=True)
class Given(Expression):
    """An input property of the resource, or a constant when the program does not set it."""

    name: str
    otherwise: Any = None

    def resolve(self, scope: Scope) -> Any:
        """Return the wanted value."""
        value = scope.inputs.get(self.name)
        return self.otherwise if value is None else value

    def reads(self) -> frozenset[str]:
        """Return the property's name."""
        return frozenset({self.name})


@dataclass(frozen=True)
class Is(Expression):
    """Whether an input property has a certain value; a condition for ``only_if``."""

    name: str
    value: Any

    def resolve(self, scope: Scope) -> bool:
        """Return whether it has."""
        return bool(scope.inputs.get(self.name) == self.value)

    def reads(self) -> frozenset[str]:
        """Return the property's name."""
        return frozenset({self.name})


@dataclass(frozen=True)
class IsUnset(Expression):
    """Whether an input property has no value, or one that means none; for ``only_if``."""

    name: str

    def resolve(self, scope: Scope) -> bool:
        """Return whether it has none."""
        return not scope.inputs.get(self.name)

    def reads(self) -> frozenset[str]:
        """Return nothing: what is not set is not carried."""
        return frozenset()


@dataclass(frozen=True)
class Before(Expression):
    """An input property as it was before the update."""

    name: str

    def resolve(self, scope: Scope) -> Any:
        """Return the old value."""
        return scope.old_inputs.get(self.name)

    def reads(self) -> frozenset[str]:
        """Return nothing: an old value carries no wanted one."""
        return frozenset()


@dataclass(frozen=True)
class Output(Expression):
    """An output property of the resource as last read."""

    name: str

    def resolve(self, scope: Scope) -> Any:
        """Return the output."""
        return scope.state.get(self.name)

    def reads(self) -> frozenset[str]:
        """Return nothing: outputs are not inputs."""
        return frozenset()


@dataclass(frozen=True)
class Live(Expression):
    """A part of the service's description of the resource, by JMESPath."""

    path: str

    def resolve(self, scope: Scope) -> Any:
        """Return the part; not known before the resource was described."""
        return jmespath.search(self.path, scope.live) if scope.live else UNKNOWN

    def reads(self) -> frozenset[str]:
        """Return nothing: descriptions are not inputs."""
        return frozenset()


@dataclass(frozen=True)
class Answer(Expression):
    """A part of the answer to the call that created the resource, by JMESPath."""

    path: str

    def resolve(self, scope: Scope) -> Any:
        """Return the part; not known before the call was made."""
        return jmespath.search(self.path, scope.answer) if scope.answer else UNKNOWN

    def reads(self) -> frozenset[str]:
        """Return nothing: answers are not inputs."""
        return frozenset()


@dataclass(frozen=True)
class Identifier(Expression):
    """The resource's id."""

    def resolve(self, scope: Scope) -> Any:
        """Return the id; not known before the resource was created."""
        return UNKNOWN if scope.resource_id is None else scope.resource_id

    def reads(self) -> frozenset[str]:
        """Return nothing: the id is not an input."""
        return frozenset()


@dataclass(frozen=True)
class Item(Expression):
    """The element of a ``for_each``, or one of its keys."""

    key: str | None = None

    def resolve(self, scope: Scope) -> Any:
        """Return the element or the value under its key."""
        if self.key is None or scope.item in (None, UNKNOWN):
            return scope.item
        return scope.item.get(self.key)

    def reads(self) -> frozenset[str]:
        """Return nothing: the list that the call repeats over is what carries the input."""
        return frozenset()


@dataclass(frozen=True)
class Text(Expression):
    """A text with names in braces: ``id``, ``region``, ``account``, ``endpoint_url``, properties.

    A property is looked up in the inputs first, then in the outputs. The text has no value when
    one of its properties has none.
    """

    template: str

    def resolve(self, scope: Scope) -> Any:
        """Return the filled text, or UNKNOWN while a part of it is not known."""
        values = {name: self._value(name, scope) for name in self._names()}
        if any(value is None for value in values.values()):
            return None
        if any(is_unknown(value) for value in values.values()):
            return UNKNOWN
        return self.template.format(**values)

    def reads(self) -> frozenset[str]:
        """Return the names in braces; those that are no input do no harm."""
        return frozenset(self._names())

    def _names(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.template)

    @staticmethod
    def _value(name: str, scope: Scope) -> Any:
        if name == "id":
            return Identifier().resolve(scope)
        if name == "region":
            return scope.region
        if name == "endpoint_url":
            return scope.endpoint_url
        if name == "account":
            return scope.account()
        value = scope.inputs.get(name)
        return scope.state.get(name) if value is None else value


@dataclass(frozen=True, init=False)
class ByName(Expression):
    """Several input properties as one structure; each goes to the member of its own name."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)

    def resolve(self, scope: Scope) -> Any:
        """Return the set ones, or None when none is set."""
        values = {name: scope.inputs.get(name) for name in self.names}
        return {name: value for name, value in values.items() if value is not None} or None

    def reads(self) -> frozenset[str]:
        """Return the names."""
        return frozenset(self.names)


@dataclass(frozen=True)
class Added(Expression):
    """The elements of a list property that the update adds (at creation: all of them)."""

    name: str

    def resolve(self, scope: Scope) -> Any:
        """Return the elements, or None when there are none."""
        wanted, old = scope.inputs.get(self.name), scope.old_inputs.get(self.name)
        return UNKNOWN if wanted == UNKNOWN else list_difference(wanted, old) or None

    def reads(self) -> frozenset[str]:
        """Return the property's name."""
        return frozenset({self.name})


@dataclass(frozen=True)
class Removed(Expression):
    """The elements of a list property that the update takes away.

    With ``identity``, an element whose value under that key is still wanted is not removed: it
    is only changed, and the call that adds it overwrites it.
    """

    name: str
    identity: str | None = None

    def resolve(self, scope: Scope) -> Any:
        """Return the elements, or None when there are none."""
        wanted, old = scope.inputs.get(self.name), scope.old_inputs.get(self.name)
        removed = list_difference(old, wanted)
        if self.identity is not None:
            if has_unknown_parts(wanted):
                return UNKNOWN
            kept = {element[self.identity] for element in wanted or []}
            removed = [element for element in removed if element[self.identity] not in kept]
        return removed or None

    def reads(self) -> frozenset[str]:
        """Return nothing: removing old values carries no wanted one."""
        return frozenset()


@dataclass(frozen=True)
class Computed(Expression):
    """A value that needs code: a named function of the scope, and the inputs that it reads."""

    function: Callable[[Scope], Any]
    inputs: tuple[str, ...] = ()

    def resolve(self, scope: Scope) -> Any:
        """Return the function's value; UNKNOWN while an input that it reads is not known."""
        if any(has_unknown_parts(scope.inputs.get(name)) for name in self.inputs):
            return UNKNOWN
        return self.function(scope)

    def reads(self) -> frozenset[str]:
        """Return the declared inputs."""
        return frozenset(self.inputs)


ID = Identifier()
