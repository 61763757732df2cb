"""An environment opened for work: its states to read, and an engine to run.

Two kinds: the laptop cloud of this checkout, which is started on demand and whose state is read
off its files without any engine, and an environment elsewhere, reached through the Pulumi CLI.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

from deploy.engines.embedded import StackState
from deploy.engines.interface import Engine
from deploy.environments import EngineName
from deploy.errors import CommandError
from deploy.events import RunResult
from deploy.layers import layer_graph
from deploy.local import PASSPHRASE, LocalEnvironment
from deploy.programs import ColdLauncher, ProgramLauncher
from deploy.recorded import Recorded
from deploy.target import Target
from localcloud.control import CloudInfo, LaptopCloudError
from shared.contracts import DataOutputs

_SIDES = ("source", "target")
Notify = Callable[[str], None]


class Workspace(Protocol):
    """An environment in use by a command."""

    target: Target

    def start(self, notify: Notify) -> Engine:
        """Return the engine, with what it works on running. Raises CommandError."""
        ...

    def recorded(self) -> Recorded:
        """Return what is recorded of every layer. Raises UsageError for an unreadable state."""
        ...

    def state_of(self, layer: str) -> StackState | None:
        """Return one layer's state."""
        ...

    def deployed(self, layer: str, run: RunResult) -> None:
        """Do what belongs to the deployment of a layer and is no resource of it."""
        ...

    def spared_process(self) -> int | None:
        """Return the process that goes on when a command is stopped at once, if there is one."""
        ...


class LaptopWorkspace:
    """The laptop cloud of this checkout, on either engine."""

    def __init__(self, target: Target, launcher: ProgramLauncher | None) -> None:
        self.target = target
        self.environment = LocalEnvironment(target.name)
        self.cloud: CloudInfo | None = None
        self._launcher = launcher

    def start(self, notify: Notify) -> Engine:
        """Start the laptop cloud unless it runs, and return an engine that works on it."""
        try:
            self.cloud = self.environment.start(lambda text: notify(f"laptop cloud: {text}"))
        except LaptopCloudError as error:
            raise CommandError(f"the laptop cloud did not start\n{error}") from error
        if self._launcher is not None:
            from deploy.engines.embedded import EmbeddedEngine

            return EmbeddedEngine(
                self.target.name,
                backend_root=self.environment.backend_root,
                provider_addresses={"aws": self.cloud.provider_address},
                launcher=self._launcher,
                passphrase=PASSPHRASE,
            )
        from deploy.engines.cli import CliEngine

        port = self.cloud.provider_address.rpartition(":")[2]
        provider = {"PULUMI_DEBUG_PROVIDERS": f"aws:{port}"}
        return CliEngine(
            self.target.name,
            settings=self.target.settings.cli,
            environ={**os.environ, **provider},
        )

    def recorded(self) -> Recorded:
        """Return what is recorded of every layer; nothing while the laptop cloud is off."""
        return Recorded(self.environment.states())

    def state_of(self, layer: str) -> StackState | None:
        """Return one layer's state."""
        return self.environment.state(layer)

    def deployed(self, layer: str, run: RunResult) -> None:
        """Bring the application's schema to both databases once they exist, as its owner would."""
        if layer != DataOutputs.layer:
            return
        with ThreadPoolExecutor(len(_SIDES)) as pool:
            list(pool.map(lambda side: self._prepare_database(side, run.outputs), _SIDES))

    def _prepare_database(self, side: str, outputs: Mapping[str, Any]) -> None:
        self.environment.cloud.prepare_database(
            side,
            host=outputs[f"{side}_endpoint"],
            port=int(outputs[f"{side}_port"]),
            database_name=outputs["database_name"],
        )

    def spared_process(self) -> int | None:
        """Return the laptop cloud's process: a command may have started it, and it goes on."""
        return self.cloud.pid if self.cloud else None


class RemoteWorkspace:
    """An environment on AWS, through the Pulumi CLI, which keeps its state elsewhere."""

    def __init__(self, target: Target, engine: Engine) -> None:
        self.target = target
        self._engine = engine

    def start(self, notify: Notify) -> Engine:
        """Return the engine: there is nothing to start."""
        return self._engine

    def recorded(self) -> Recorded:
        """Return what the backend has of every layer, asked for side by side."""
        layers = layer_graph().order()
        with ThreadPoolExecutor(len(layers)) as pool:
            states = dict(zip(layers, pool.map(self.state_of, layers), strict=True))
        return Recorded({layer: state for layer, state in states.items() if state is not None})

    def state_of(self, layer: str) -> StackState | None:
        """Return one layer's state."""
        return self._engine.stack(layer).state()

    def deployed(self, layer: str, run: RunResult) -> None:
        """Do nothing: on AWS the owners of the databases bring their schema."""

    def spared_process(self) -> int | None:
        """Return None: nothing that this command starts is meant to stay."""
        return None


@contextmanager
def open_workspace(
    target: Target,
    *,
    launcher: ProgramLauncher | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Workspace]:
    """Open an environment for the block.

    `launcher` starts programs for the embedded engine (None: a new process for each); `environ`
    are the user's environment variables, with credentials, for what works on AWS. What works on
    the laptop cloud gets those of this process, where a user's AWS settings have been taken out.
    """
    if target.is_local:
        embedded = target.engine is EngineName.EMBEDDED
        yield LaptopWorkspace(target, (launcher or ColdLauncher()) if embedded else None)
        return
    from deploy.engines.cli import CliEngine

    engine = CliEngine(target.name, settings=target.settings.cli, environ=environ)
    try:
        yield RemoteWorkspace(target, engine)
    finally:
        engine.close()
