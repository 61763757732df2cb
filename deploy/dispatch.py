"""Carries out a plan's steps on the embedded engine, one stack a step."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from deploy.engines.embedded import EmbeddedStack
from deploy.errors import EngineError
from deploy.events import Event, ResourceError, RunResult
from deploy.layers import project_folder
from deploy.local import PASSPHRASE, LocalEnvironment
from deploy.plan import Step, Verb
from deploy.programs import ProgramLauncher
from localcloud.control import CloudInfo, LaptopCloudError

LayerListener = Callable[[str, Event], None]
AfterDeploy = Callable[[str, RunResult], None]


@dataclass
class EmbeddedDispatcher:
    """A `Dispatcher` over the embedded engine and the laptop cloud.

    `after_deploy` is called with a layer and its outputs once it is deployed, as part of its step.
    """

    environment: LocalEnvironment
    cloud: CloudInfo
    launcher: ProgramLauncher
    listener: LayerListener
    after_deploy: AfterDeploy = lambda layer, run: None
    _running: dict[str, EmbeddedStack] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancelled: bool = False

    def dispatch(self, step: Step) -> RunResult:
        """Deploy or destroy one layer; an unusable state or configuration fails the step."""
        started = time.monotonic()
        try:
            run = self._run(step)
            if run.ok and step.verb is Verb.DEPLOY:
                self.after_deploy(step.layer, run)
        except (EngineError, LaptopCloudError) as error:
            run = RunResult(errors=(ResourceError(message=str(error)),))
        return replace(run, seconds=time.monotonic() - started)

    def cancel(self) -> None:
        """Ask every running stack to finish what it is doing and stop."""
        with self._lock:
            self._cancelled = True
            running = list(self._running.values())
        for stack in running:
            stack.cancel()

    def _run(self, step: Step) -> RunResult:
        stack = EmbeddedStack(
            project_folder(step.layer),
            self.environment.name,
            backend_root=self.environment.backend_root,
            provider_addresses={"aws": self.cloud.provider_address},
            launcher=self.launcher,
            passphrase=PASSPHRASE,
        )
        with self._lock:
            if self._cancelled:
                return RunResult(cancelled=True)
            self._running[step.layer] = stack

        def listen(event: Event) -> None:
            self.listener(step.layer, event)

        try:
            return stack.up(listen) if step.verb is Verb.DEPLOY else stack.destroy(listen)
        finally:
            with self._lock:
                del self._running[step.layer]
