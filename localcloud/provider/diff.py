"""What an update would change, and whether it can be done in place."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from localcloud.provider.comparison import changed_properties, same
from localcloud.provider.definition import ResourceType
from localcloud.provider.schema import schema_of
from localcloud.provider.wire import Properties

Change = Literal["ADD", "DELETE", "UPDATE"]


@dataclass(frozen=True)
class Difference:
    """Changed properties by kind, those that force a replacement, and how to replace.

    ``delete_first`` is set where the old and the new resource cannot exist side by side, because
    they would have the same name.
    """

    changes: dict[str, Change]
    replaces: frozenset[str]
    delete_first: bool


def diff(
    resource_type: ResourceType,
    old: Properties,
    new: Properties,
    ignored: Collection[str] = (),
) -> Difference:
    """Compare inputs; ``ignored`` are top-level properties that the program wants left alone."""
    inputs = schema_of(resource_type.pulumi_type).inputs
    names = {
        name
        for name in changed_properties(old, new, resource_type.ordered)
        if name in inputs and name not in ignored
    }
    changes = {name: _kind(name, old, new) for name in sorted(names)}
    replaces = frozenset(names - resource_type.updatable)
    return Difference(changes, replaces, _delete_first(resource_type, old, new, replaces))


def _kind(name: str, old: Properties, new: Properties) -> Change:
    if name not in old:
        return "ADD"
    return "UPDATE" if name in new else "DELETE"


def _delete_first(
    resource_type: ResourceType, old: Properties, new: Properties, replaces: Collection[str]
) -> bool:
    if not replaces:
        return False
    name = resource_type.name_property
    return resource_type.delete_before_replace or (
        name is not None and name in old and same(old.get(name), new.get(name))
    )
