"""What the parts of one run share: who it is for, its state, its providers and its progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.engines.embedded import urns
from deploy.engines.embedded.assets import AssetPaths
from deploy.engines.embedded.backend import FileBackend
from deploy.engines.embedded.config import Config
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.gate import Gate
from deploy.engines.embedded.ledger import Ledger
from deploy.engines.embedded.provider_registry import ProviderRegistry
from deploy.engines.embedded.reporting import Reporter
from deploy.engines.embedded.state import PendingOperation, ResourceState
from deploy.engines.embedded.values import Properties
from deploy.events import Operation


@dataclass
class Deployment:
    """One run of one stack.

    `registered` are the URNs that the program registered, and the old URNs that they took over;
    `aliased` maps a new URN to the old one; `replaced` are the URNs under replacement, `deleted`
    those whose old half is gone already or will be gone when the run ends; `forced` are the
    properties for which a resource is replaced along with one that was deleted first.
    """

    project: str
    stack: str
    directory: Path
    dry_run: bool
    parallel: int
    config: Config
    passphrase: str
    backend: FileBackend
    ledger: Ledger
    providers: ProviderRegistry
    reporter: Reporter
    gate: Gate
    asset_paths: AssetPaths
    registered: set[str] = field(default_factory=set)
    aliased: dict[str, str] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    forced: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stack_outputs: Properties | None = None

    @property
    def stack_urn(self) -> str:
        """The URN of the resource that stands for the stack itself."""
        return self.urn("", urns.STACK_TYPE, f"{self.project}-{self.stack}")

    def urn(self, parent: str, resource_type: str, name: str) -> str:
        """Return the URN of a resource of this stack."""
        return urns.make(self.stack, self.project, parent, resource_type, name)

    @contextmanager
    def carry_out(
        self,
        kind: str,
        resource: ResourceState,
        operation: Operation,
        changed: tuple[str, ...] = (),
    ) -> Iterator[None]:
        """Surround a call that changes the cloud: announce it in the state, report how it went.

        The body makes the call and records its outcome in the ledger; both are saved together.
        Raises StoppedError when the run is stopping, and what the body raises.
        """
        with self.gate.operation():
            self.reporter.started(resource, operation, changed)
            try:
                with self.ledger.announced(PendingOperation(kind, resource)):
                    yield
            except OperationError as error:
                self.reporter.failed(resource, operation, str(error))
                self.ledger.save()
                raise
            self.ledger.save()
