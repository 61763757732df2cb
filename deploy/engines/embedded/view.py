"""A stack's state for those who only want to look: outputs, resources, unfinished operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from deploy.engines.embedded.backend import FileBackend
from deploy.engines.embedded.state import Checkpoint, ResourceState
from deploy.engines.embedded.values import contains_secret, simplify


@dataclass(frozen=True)
class ResourceView:
    """A resource in the state. Inputs and outputs are plain: secrets are readable."""

    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @classmethod
    def of(cls, resource: ResourceState) -> "ResourceView":
        """Return the view of a resource."""
        inputs, outputs = simplify(resource.inputs), simplify(resource.outputs)
        return cls(resource.urn, resource.type, resource.id, inputs, outputs)


@dataclass(frozen=True)
class StackState:
    """The state of a stack, read once and not to be changed. Nothing runs and nothing is locked.

    `outputs` are plain, `secret_output_names` tells which must not be shown. `resource_count` is
    the number of resources of the cloud: neither the stack, components and providers, nor what is
    only read. `pending_operations` are those that a run was killed in, as `creating <urn>`.
    """

    outputs: Mapping[str, Any]
    secret_output_names: frozenset[str]
    resource_count: int
    pending_operations: tuple[str, ...]
    resources: tuple[ResourceView, ...]
    last_modified: datetime

    @classmethod
    def load(
        cls, backend_root: Path, project: str, stack: str, passphrase: str = ""
    ) -> "StackState | None":
        """Return a stack's state, or None when it has none.

        Raises StateError for a state that is damaged, PassphraseError when it has secrets that the
        passphrase does not open.
        """
        try:
            status = FileBackend(backend_root).state_file(project, stack).stat()
        except FileNotFoundError:
            return None
        version = (status.st_ino, status.st_mtime_ns, status.st_size)
        return _loaded(backend_root, project, stack, passphrase, version)

    @classmethod
    def of(cls, checkpoint: Checkpoint, modified: datetime) -> "StackState":
        """Return the view of a checkpoint that was last saved at `modified`."""
        root = checkpoint.stack_resource
        outputs = root.outputs if root else {}
        return cls(
            outputs=simplify(outputs),
            secret_output_names=frozenset(k for k, v in outputs.items() if contains_secret(v)),
            resource_count=sum(r.in_cloud for r in checkpoint.resources),
            pending_operations=tuple(f"{p.kind} {p.resource.urn}" for p in checkpoint.pending),
            resources=tuple(ResourceView.of(r) for r in checkpoint.resources),
            last_modified=modified,
        )


@lru_cache(maxsize=64)
def _loaded(
    backend_root: Path, project: str, stack: str, passphrase: str, version: tuple[int, int, int]
) -> StackState:
    """Read a state. One command asks for it many times; every save makes another `version`."""
    del version
    backend = FileBackend(backend_root)
    modified = backend.last_modified(project, stack)
    return StackState.of(backend.load(project, stack, passphrase).checkpoint, modified)
