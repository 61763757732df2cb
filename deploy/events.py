"""What an engine says while it runs a layer, in terms that every engine shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Operation(StrEnum):
    """What is done to a resource. Values are Pulumi's own names of a step's operation."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"


class Phase(StrEnum):
    """How far an operation has come."""

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class ResourceEvent:
    """One operation on one resource, started or ended.

    `changed` names the properties that an update or a replacement is for; `message` is what the
    cloud said when it failed.
    """

    urn: str
    type: str
    name: str
    operation: Operation
    phase: Phase
    changed: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """A line that belongs to no operation: program output, a notice, a program's own error."""

    severity: str
    message: str
    urn: str = ""


Event = ResourceEvent | Diagnostic
Listener = Callable[[Event], None]


@dataclass(frozen=True)
class ResourceError:
    """Why a run failed, at one resource (or at none: `urn` is empty then)."""

    message: str
    urn: str = ""
    type: str = ""
    name: str = ""


@dataclass(frozen=True)
class RunResult:
    """How the run of one layer ended.

    `counts` has the number of resources per operation (the stack, components and providers are
    not resources of the cloud and are not counted); `outputs` are the stack's outputs, plain,
    `secret_outputs` the names of those that are secret. In a preview `unknown_outputs` are the
    names of those whose value only the deployment will tell; they are not in `outputs`.
    """

    errors: tuple[ResourceError, ...] = ()
    cancelled: bool = False
    counts: Mapping[Operation, int] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()
    unknown_outputs: frozenset[str] = frozenset()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was done."""
        return not self.errors and not self.cancelled

    @property
    def changes(self) -> int:
        """Number of resources created, updated, replaced or deleted."""
        return sum(
            count
            for operation, count in self.counts.items()
            if operation not in (Operation.SAME, Operation.READ)
        )
