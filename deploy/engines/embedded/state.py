"""The state of a stack: its resources and the operations that were running, and their JSON form.

The JSON is a version 3 deployment as Pulumi's CLI reads and writes it. Source: pulumi/pulumi,
sdk/go/common/apitype/core.go (ResourceV3, OperationV2, DeploymentV3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from deploy.engines.embedded import urns
from deploy.engines.embedded.encryption import Encryption
from deploy.engines.embedded.values import Properties

CREATING = "creating"
UPDATING = "updating"
DELETING = "deleting"


def timestamp() -> str:
    """Return the present time as state files write it (RFC 3339, microseconds, UTC)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, eq=False, kw_only=True)
class ResourceState:
    """One resource as the last run left it. Compared by identity; changed by making a copy.

    `delete` marks the old half of a replacement, still to be deleted; `pending_replacement` one
    that was deleted already and whose new half is still to be created; `init_errors` one that
    exists but did not become ready, so that the next run updates it whatever its inputs say.
    `custom_timeouts` are seconds.
    """

    urn: str
    type: str
    custom: bool = True
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    delete: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name that the program gave to the resource."""
        return urns.name(self.urn)

    @property
    def is_provider(self) -> bool:
        """Whether this is the configuration of a provider."""
        return self.type.startswith(urns.PROVIDER_TYPE_PREFIX)

    @property
    def in_cloud(self) -> bool:
        """Whether the stack owns something in the cloud for it."""
        return self.custom and not self.external and not self.is_provider

    def depends_on(self) -> set[str]:
        """Return the URNs of everything that must exist while this resource does."""
        all_urns = {self.parent, self.deleted_with, urns.provider_urn(self.provider)}
        all_urns.update(self.dependencies, *self.property_dependencies.values())
        return all_urns - {""}

    def with_changes(self, **changes: Any) -> "ResourceState":
        """Return a copy in which the named fields differ."""
        return replace(self, **changes)

    def same_as(self, other: "ResourceState") -> bool:
        """Return whether both would be written to the state file alike."""
        return all(getattr(self, name) == getattr(other, name) for name in _JSON_KEYS)


_JSON_KEYS = {
    item.name: {"import_id": "importID"}.get(
        item.name,
        item.name.split("_")[0] + "".join(part.title() for part in item.name.split("_")[1:]),
    )
    for item in fields(ResourceState)
}


@dataclass(frozen=True, eq=False)
class PendingOperation:
    """An operation that was announced before it began: `kind` is CREATING, UPDATING or DELETING."""

    kind: str
    resource: ResourceState


@dataclass(frozen=True)
class Checkpoint:
    """What a state file holds, with secrets readable. Resources come after what they depend on."""

    resources: tuple[ResourceState, ...] = ()
    pending: tuple[PendingOperation, ...] = ()

    @property
    def stack_resource(self) -> ResourceState | None:
        """The resource that stands for the stack itself and carries its outputs."""
        return next((r for r in self.resources if r.type == urns.STACK_TYPE), None)


def resource_to_json(resource: ResourceState, encryption: Encryption) -> dict[str, Any]:
    """Return a resource as a state file has it: empty fields left out, secrets encrypted."""
    document: dict[str, Any] = {"urn": resource.urn, "custom": resource.custom}
    for name, key in _JSON_KEYS.items():
        value = getattr(resource, name)
        if value and name in ("inputs", "outputs"):
            value = encryption.seal(dict(sorted(value.items())), resource.urn)
        if value:
            document[key] = value
    return document


def resource_from_json(document: Mapping[str, Any], encryption: Encryption) -> ResourceState:
    """Return the resource in a state file; fields that the engine does not use are dropped."""
    known: dict[str, Any] = {
        name: document[key] for name, key in _JSON_KEYS.items() if document.get(key) is not None
    }
    for name in ("inputs", "outputs"):
        known[name] = encryption.unseal(known.get(name, {}), known["urn"])
    return ResourceState(**known)


def checkpoint_from_json(latest: Mapping[str, Any], encryption: Encryption) -> Checkpoint:
    """Return the resources and pending operations of a version 3 deployment."""
    resources: Iterable[Mapping[str, Any]] = latest.get("resources") or ()
    pending: Iterable[Mapping[str, Any]] = latest.get("pending_operations") or ()
    return Checkpoint(
        resources=tuple(resource_from_json(item, encryption) for item in resources),
        pending=tuple(
            PendingOperation(item["type"], resource_from_json(item["resource"], encryption))
            for item in pending
        ),
    )
