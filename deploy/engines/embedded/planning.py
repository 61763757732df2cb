"""What is to be done to a resource: a pure decision from its state, its goal and the diff."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.engines.embedded import paths
from deploy.engines.embedded.state import ResourceState
from deploy.events import Operation


@dataclass(frozen=True)
class Difference:
    """How a resource's new inputs differ from its old ones, as its provider sees it.

    `changed` tells that there is a difference at all; `properties` are the paths that differ,
    `replacing` those of them that no update can change.
    """

    changed: bool = False
    properties: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    delete_before_replace: bool = False

    def with_replacements(self, patterns: Iterable[str]) -> "Difference":
        """Return the difference under `replace_on_changes`: matching paths force a replacement."""
        forced = [
            path
            for path in self.properties
            if any(paths.covers(pattern, path) for pattern in patterns)
        ]
        if not forced:
            return self
        replacing = tuple(dict.fromkeys([*self.replacing, *forced]))
        return Difference(True, self.properties, replacing, self.delete_before_replace)


@dataclass(frozen=True)
class Plan:
    """What to do to one resource.

    `changed` are the properties it is done for. For a replacement, `delete_first` chooses the
    order: the old half goes before the new one is made, or stays until everything that used it
    has moved over.
    """

    operation: Operation
    changed: tuple[str, ...] = ()
    delete_first: bool = False


def plan(
    old: ResourceState | None,
    difference: Difference,
    *,
    recreate: bool = False,
    delete_before_replace: bool | None = None,
) -> Plan:
    """Return what to do to a custom resource.

    `recreate` tells that its old half is deleted already, by this run or an interrupted one.
    `delete_before_replace` is the program's wish; without one the provider decides.
    """
    if recreate:
        return Plan(Operation.REPLACE, difference.replacing or difference.properties)
    if old is None:
        return Plan(Operation.CREATE)
    if difference.replacing:
        wish = delete_before_replace
        first = difference.delete_before_replace if wish is None else wish
        return Plan(Operation.REPLACE, difference.replacing, delete_first=first)
    if difference.changed or old.init_errors:
        return Plan(Operation.UPDATE, difference.properties)
    return Plan(Operation.SAME)
