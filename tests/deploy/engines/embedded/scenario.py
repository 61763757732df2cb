"""Runs scenario programs on the embedded engine against the tests' cloud."""

import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.engines.embedded import EmbeddedStack, StackState
from deploy.events import Diagnostic, Event, Operation, Phase, ResourceEvent, RunResult
from deploy.programs import ProgramLauncher
from tests.deploy.engines.embedded.memory_cloud import MemoryCloud

PROGRAMS = Path(__file__).with_name("programs")
CLI_SALT = "v1:coST9loCZuM=:v1:U+hedWb+PABSweXl:P2kCf4STeeqbgJkoCX+uNS7U3+UrWQ=="
"""A salt that Pulumi's CLI made for the empty passphrase. Shared, so that one key is derived."""

HEADER = "import pulumi\nfrom pulumi import ResourceOptions as Options\nfrom things import *\n"


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until a condition holds. Raises AssertionError after that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.01)


@dataclass
class Run:
    """How a run ended and what it said."""

    result: RunResult
    events: list[Event]

    @property
    def error(self) -> str:
        """The text of the only error."""
        (error,) = self.result.errors
        return error.message

    def operations(self, phase: Phase = Phase.FINISHED) -> list[tuple[str, str]]:
        """Return operation and name of each resource event of a phase, in order."""
        return [
            (event.operation.value, event.name)
            for event in self.events
            if isinstance(event, ResourceEvent) and event.phase is phase
        ]

    def lines(self) -> list[str]:
        """Return the diagnostics."""
        return [event.message for event in self.events if isinstance(event, Diagnostic)]

    def count(self, operation: Operation) -> int:
        """Return how many resources the operation was done to."""
        return self.result.counts.get(operation, 0)


@dataclass
class Scenario:
    """One project whose program the test rewrites, with stacks in one backend."""

    folder: Path
    cloud: MemoryCloud
    address: str
    launcher: ProgramLauncher
    project: str = "scenario"
    passphrase: str = ""
    salt: str = CLI_SALT
    parallel: int = 16
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def backend(self) -> Path:
        """The root of the file backend."""
        return self.folder / "backend"

    @property
    def directory(self) -> Path:
        """The folder of the project."""
        return self.folder / "projects" / self.project

    @property
    def state_file(self) -> Path:
        """Where the state is."""
        return self.backend / ".pulumi" / "stacks" / self.project / "local.json"

    def write(self, program: str, *, settings: str = "", config: str = "") -> None:
        """Write the program, and more of Pulumi.yaml and the stack's configuration."""
        self.directory.mkdir(parents=True, exist_ok=True)
        head = f"name: {self.project}\nruntime: python\n"
        (self.directory / "Pulumi.yaml").write_text(head + textwrap.dedent(settings))
        salt = f"encryptionsalt: {self.salt}\n" if self.salt else ""
        (self.directory / "Pulumi.local.yaml").write_text(salt + textwrap.dedent(config))
        (self.directory / "__main__.py").write_text(HEADER + textwrap.dedent(program))

    def stack(self) -> EmbeddedStack:
        """Return the project's stack."""
        return EmbeddedStack(
            self.directory,
            "local",
            backend_root=self.backend,
            provider_addresses={"test": self.address},
            launcher=self.launcher,
            passphrase=self.passphrase,
            environ={"PYTHONPATH": str(PROGRAMS), **self.environ},
            parallel=self.parallel,
        )

    def up(self, program: str | None = None) -> Run:
        """Deploy a program (the last one written when None)."""
        if program is not None:
            self.write(program)
        events: list[Event] = []
        return Run(self.stack().up(events.append), events)

    def preview(self, program: str | None = None) -> Run:
        """Preview a program."""
        if program is not None:
            self.write(program)
        events: list[Event] = []
        return Run(self.stack().preview(events.append), events)

    def destroy(self) -> Run:
        """Destroy the stack."""
        events: list[Event] = []
        return Run(self.stack().destroy(events.append), events)

    def state(self) -> StackState:
        """Return the stack's state."""
        state = StackState.load(self.backend, self.project, "local", self.passphrase)
        assert state is not None
        return state
