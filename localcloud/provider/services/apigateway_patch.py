"""API Gateway's way to change things: a list of patch operations (JSON Patch, RFC 6902, in part).

Source: "Patch operations", Amazon API Gateway REST API reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.provider.scope import Expression, Scope
from localcloud.provider.wire import has_unknown_parts

Operation = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PatchOperations(Expression):
    """The patch for the properties that an update changes.

    ``values`` gives the path of each plain property; ``maps`` the prefix under which each key of a
    map has its path; ``structures`` the path of each member of a structure.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    structures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def resolve(self, scope: Scope) -> list[Operation]:
        """Return the operations, in the order of the paths."""
        operations = []
        for name in sorted(scope.changed & self.reads()):
            wanted, old = scope.inputs.get(name), scope.old_inputs.get(name) or {}
            if has_unknown_parts(wanted) and name not in self.values:
                continue
            if name in self.values:
                operations.append(_replace(self.values[name], wanted))
            elif name in self.maps:
                operations += _patch_map(self.maps[name], wanted or {}, old)
            else:
                operations += _patch_map("", wanted or {}, old, self.structures[name])
        return operations

    def reads(self) -> frozenset[str]:
        """Return the properties that can be patched."""
        return frozenset({*self.values, *self.maps, *self.structures})


def escaped(segment: str) -> str:
    """Return a key as one segment of a path (RFC 6901, section 3)."""
    return segment.replace("~", "~0").replace("/", "~1")


def patch_value(value: Any) -> str:
    """Return a value as patch operations have it: always a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _replace(path: str, value: Any) -> Operation:
    return {"op": "replace", "path": path, "value": patch_value(value)}


def _patch_map(
    prefix: str,
    wanted: Mapping[str, Any],
    old: Mapping[str, Any],
    paths: Mapping[str, str] | None = None,
) -> list[Operation]:
    def path(key: str) -> str:
        return paths[key] if paths is not None else f"{prefix}/{escaped(key)}"

    replaced = [_replace(path(k), v) for k, v in sorted(wanted.items()) if old.get(k) != v]
    removed = [{"op": "remove", "path": path(k)} for k in sorted(old.keys() - wanted.keys())]
    return [*removed, *replaced]
