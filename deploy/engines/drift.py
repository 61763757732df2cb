"""What a look at the cloud finds: how live resources differ from their state, property by property.

Every engine reports drift in these terms. `property_drifts` compares one resource's recorded
properties with the live ones; it knows nothing of providers, so whoever calls it decides which
properties count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.events import ResourceError

MASK = "[secret]"
"""Shown in place of a secret value."""


@dataclass(frozen=True)
class PropertyDrift:
    """One property of a resource: its value in the state, and in the cloud. None where absent.

    `path` is Pulumi's property path, for example ``tags.Owner`` or ``ingress[0].fromPort``. Secret
    values are shown as ``[secret]`` on both sides.
    """

    path: str
    recorded: Any
    live: Any


@dataclass(frozen=True)
class ResourceDrift:
    """A resource that is not as recorded; `missing` when the cloud no longer has it."""

    urn: str
    type: str
    name: str
    missing: bool
    properties: tuple[PropertyDrift, ...]


@dataclass(frozen=True)
class DriftResult:
    """How a layer's live resources differ from its state. Nothing is changed by looking."""

    resources: tuple[ResourceDrift, ...] = ()
    errors: tuple[ResourceError, ...] = ()
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every resource could be looked at."""
        return not self.errors and not self.cancelled


def property_drifts(
    recorded: Mapping[str, Any],
    live: Mapping[str, Any],
    names: Iterable[str],
    secret_names: frozenset[str] = frozenset(),
) -> tuple[PropertyDrift, ...]:
    """Return where the named top-level properties differ, as deep down as they can be told apart.

    `recorded` and `live` are plain JSON. Objects are compared key by key. Elements that lists have
    in common are left out, wherever they are: AWS answers most lists in an order of its own. The
    rest is paired in order. A property of `secret_names` is masked as a whole.
    """
    drifts: list[PropertyDrift] = []
    for name in sorted(names):
        before, after = recorded.get(name), live.get(name)
        if name in secret_names:
            drifts.append(PropertyDrift(name, MASK, MASK))
        else:
            found = _differences(_key("", name), before, after)
            # A provider may tell apart what looks alike here, such as lists whose order counts.
            drifts += found or [PropertyDrift(_key("", name), before, after)]
    return tuple(drifts)


def _differences(path: str, recorded: Any, live: Any) -> list[PropertyDrift]:
    if recorded == live:
        return []
    if isinstance(recorded, Mapping) and isinstance(live, Mapping):
        return [
            drift
            for key in sorted({*recorded, *live})
            for drift in _differences(_key(path, key), recorded.get(key), live.get(key))
        ]
    if isinstance(recorded, list) and isinstance(live, list):
        return _list_differences(path, recorded, live)
    return [PropertyDrift(path, recorded, live)]


def _list_differences(path: str, recorded: list[Any], live: list[Any]) -> list[PropertyDrift]:
    gone = _left_over(recorded, live)
    extra = _left_over(live, recorded)
    drifts: list[PropertyDrift] = []
    for (index, before), (_, after) in zip(gone, extra, strict=False):
        drifts += _differences(f"{path}[{index}]", before, after)
    paired = min(len(gone), len(extra))
    drifts += [PropertyDrift(f"{path}[{index}]", value, None) for index, value in gone[paired:]]
    drifts += [PropertyDrift(f"{path}[{index}]", None, value) for index, value in extra[paired:]]
    return drifts


def _left_over(items: list[Any], others: list[Any]) -> list[tuple[int, Any]]:
    """Return the elements, with their indices, that have no equal partner in the other list."""
    partners = list(others)
    left = []
    for index, item in enumerate(items):
        if item in partners:
            partners.remove(item)
        else:
            left.append((index, item))
    return left


def _key(path: str, key: str) -> str:
    """Return the path of a key: ``tags.Owner``, or ``tags["team/owner"]`` where it needs quotes."""
    if key and not set(key) & set('.[]"'):
        return f"{path}.{key}" if path else key
    escaped = key.replace('"', '\\"')
    return f'{path}["{escaped}"]'
