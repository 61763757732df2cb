"""A stack and what can be done to it: deploy, preview, destroy, look for drift."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from deploy.engines.drift import DriftResult
from deploy.engines.embedded import config as configuration
from deploy.engines.embedded import locks, urns
from deploy.engines.embedded.assets import AssetPaths
from deploy.engines.embedded.backend import FileBackend
from deploy.engines.embedded.config import Config
from deploy.engines.embedded.deletes import DeletePhase
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.drift import find_drift
from deploy.engines.embedded.errors import LockedError
from deploy.engines.embedded.gate import Gate
from deploy.engines.embedded.ledger import Ledger
from deploy.engines.embedded.program_run import ProgramRun
from deploy.engines.embedded.provider_registry import ProviderRegistry
from deploy.engines.embedded.recovery import announce_interrupted, finish_interrupted
from deploy.engines.embedded.reporting import Reporter
from deploy.engines.embedded.values import contains_secret, contains_unknown, simplify
from deploy.engines.embedded.view import StackState
from deploy.events import Listener, RunResult
from deploy.programs import ProgramLauncher


@dataclass
class _Run:
    """A run that holds the stack, with its state read; closing `resources` gives the stack back.

    What it finds and does is saved only once it is `under_way`.
    """

    deployment: Deployment
    program: ProgramRun
    resources: ExitStack
    under_way: bool = False


class EmbeddedStack:
    """One stack of one project. Runs of it come one after the other; `cancel` from any thread.

    `project_dir` has `Pulumi.yaml` and `Pulumi.<stack>.yaml`; `backend_root` is the folder of a
    file backend; `provider_addresses` maps a package to the `host:port` of its gRPC server;
    `environ` is added to the environment of the program.

    `up`, `preview` and `destroy` report failures of resources and of the program in their result.
    They raise ConfigError, StateError and LockedError for input that nothing can be done with.
    The constructor raises ConfigError for a project that cannot be read.
    """

    def __init__(
        self,
        project_dir: Path,
        stack_name: str,
        *,
        backend_root: Path,
        provider_addresses: Mapping[str, str],
        launcher: ProgramLauncher,
        passphrase: str = "",
        environ: Mapping[str, str] = {},
        parallel: int = 16,
    ) -> None:
        self._project = configuration.load_project(project_dir.absolute())
        self._stack = stack_name
        self._backend = FileBackend(backend_root)
        self._provider_addresses = dict(provider_addresses)
        self._launcher = launcher
        self._passphrase = passphrase
        self._environ = dict(environ)
        self._parallel = parallel
        self._lock = threading.Lock()
        self._gate: Gate | None = None
        self._cancelled = False
        self._prepared: _Run | None = None

    @property
    def project_name(self) -> str:
        """The name of the project, from its `Pulumi.yaml`."""
        return self._project.name

    def prepare(self) -> None:
        """Hold the stack and start its program for an `up` that comes soon. Changes nothing.

        The program runs until it has to know what the cloud, or another stack, is like. Raises
        what `up` raises. Any other run ends what is prepared, and so does `release`.
        """
        self.release()
        self._prepared = run = self._begin(with_config=True)
        try:
            run.program.launch()
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """End what `prepare` has started and `up` has not taken."""
        run, self._prepared = self._prepared, None
        if run is not None:
            with run.resources:
                run.program.abandon()

    def up(self, listener: Listener) -> RunResult:
        """Run the program and bring the cloud to what it declares."""
        prepared, self._prepared = self._prepared, None
        run = prepared or self._begin(with_config=True)
        return self._carry_out(run, listener, self._run_program)

    def preview(self, listener: Listener, *, destroying: bool = False) -> RunResult:
        """Tell what `up`, or `destroy`, would do. Changes nothing and takes no lock.

        Runs the program, unless `destroying`: then the state alone says what there is to delete.
        """
        if destroying:
            return self._run(listener, self._delete_everything, dry_run=True)
        return self._run(listener, self._run_program, with_config=True, dry_run=True)

    def destroy(self, listener: Listener) -> RunResult:
        """Delete every resource of the stack, and its state when nothing is left.

        Runs no program. A resource that is protected fails the run. A stack that is destroyed in
        part has no outputs until it is deployed again.
        """
        return self._run(listener, self._delete_everything)

    def drift(self, listener: Listener) -> DriftResult:
        """Read every resource in the cloud and compare it with its state. Changes nothing.

        Takes no lock and runs no program. Each resource read is an event.
        """
        started = time.monotonic()
        reporter = Reporter(listener)
        with self._cancellable() as gate:
            deployment = self._deployment(reporter, gate, with_config=False, dry_run=True)
            try:
                announce_interrupted(deployment)
                resources = find_drift(deployment)
            finally:
                gate.close()
                deployment.providers.close()
            return DriftResult(
                resources, reporter.errors, gate.cancelled, time.monotonic() - started
            )

    def state(self) -> StackState | None:
        """Return the recorded state, None when there is none.

        Raises StateError for a state that is damaged, PassphraseError when its secrets stay shut.
        """
        return StackState.load(self._backend.root, self.project_name, self._stack, self._passphrase)

    def cancel(self) -> None:
        """Stop the run that is under way: what is running ends, nothing else begins.

        A run that begins after this ends at once, so that no cancellation comes too early.
        """
        with self._lock:
            self._cancelled = True
            if self._gate is not None:
                self._gate.cancel()

    def _run(
        self,
        listener: Listener,
        work: Callable[[_Run], None],
        *,
        with_config: bool = False,
        dry_run: bool = False,
    ) -> RunResult:
        self.release()
        run = self._begin(with_config=with_config, dry_run=dry_run)
        return self._carry_out(run, listener, work)

    def _begin(self, *, with_config: bool, dry_run: bool = False) -> _Run:
        """Take hold of the stack and read its state; nothing is run yet."""
        with ExitStack() as resources:
            reporter = Reporter()
            gate = resources.enter_context(self._cancellable())
            resources.enter_context(self._locked(reporter, dry_run=dry_run))
            deployment = self._deployment(reporter, gate, with_config=with_config, dry_run=dry_run)
            program = ProgramRun(deployment, self._launcher, self._project.program, self._environ)
            run = _Run(deployment, program, ExitStack())
            resources.callback(self._finish, run)
            run.resources = resources.pop_all()
            return run

    def _finish(self, run: _Run) -> None:
        """Let all that runs end; save what came of it."""
        run.deployment.gate.close()
        run.deployment.gate.wait_until_idle()
        run.deployment.providers.close()
        if run.under_way:
            self._keep(run.deployment)

    def _carry_out(self, run: _Run, listener: Listener, work: Callable[[_Run], None]) -> RunResult:
        started = time.monotonic()
        deployment = run.deployment
        with run.resources:
            run.under_way = True
            deployment.reporter.listen(listener)
            if deployment.gate.cancelled:
                run.program.abandon()
            elif deployment.dry_run:
                announce_interrupted(deployment)
                work(run)
            elif finish_interrupted(deployment):
                work(run)
            else:
                run.program.abandon()
        return _result(deployment, time.monotonic() - started)

    @contextmanager
    def _cancellable(self) -> Iterator[Gate]:
        gate = Gate(self._parallel)
        with self._lock:
            if self._gate is not None:
                raise LockedError(
                    f"stack {self.project_name}/{self._stack} is running already in this process: "
                    "wait for that run, or cancel it"
                )
            self._gate = gate
            if self._cancelled:
                gate.cancel()
        try:
            yield gate
        finally:
            with self._lock:
                self._gate = None

    def _locked(self, reporter: Reporter, *, dry_run: bool) -> AbstractContextManager[None]:
        if dry_run:
            return nullcontext()
        return locks.hold(
            self._backend.root,
            self.project_name,
            self._stack,
            lambda notice: reporter.diagnostic("warning", notice),
        )

    def _deployment(
        self, reporter: Reporter, gate: Gate, *, with_config: bool, dry_run: bool
    ) -> Deployment:
        project, program = self._project, self._project.program
        settings = configuration.load_stack_settings(project, self._stack)
        config = Config({}, frozenset())
        if with_config:
            packages = self._provider_addresses
            config = configuration.resolve(project, settings, packages, self._passphrase)
        loaded = self._backend.load(project.name, self._stack, self._passphrase)
        writer = None
        if not dry_run:
            encryption = loaded.encryption or self._backend.encryption_of_new_stack(
                self._passphrase, settings.encryption_salt
            )
            writer = self._backend.writer(project.name, self._stack, encryption)
        ledger = Ledger(loaded.checkpoint, writer)
        directory = program if program.is_dir() else program.parent
        asset_paths = AssetPaths(directory)

        def make_urn(parent: str, resource_type: str, name: str) -> str:
            return urns.make(self._stack, project.name, parent, resource_type, name)

        providers = ProviderRegistry(
            self._provider_addresses, ledger, config, asset_paths, make_urn, dry_run=dry_run
        )
        return Deployment(
            project=project.name,
            stack=self._stack,
            directory=directory,
            dry_run=dry_run,
            parallel=self._parallel,
            config=config,
            passphrase=self._passphrase,
            backend=self._backend,
            ledger=ledger,
            providers=providers,
            reporter=reporter,
            gate=gate,
            asset_paths=asset_paths,
        )

    def _run_program(self, run: _Run) -> None:
        run.program.run()
        deployment = run.deployment
        outputs = deployment.stack_outputs
        root = deployment.ledger.new(deployment.stack_urn)
        if outputs is not None and root is not None:
            # A failed run must not lose the outputs of resources that it did not get to.
            failed = deployment.reporter.errors or deployment.gate.cancelled
            kept = root.outputs if failed else {}
            deployment.ledger.amend(root, outputs={**kept, **outputs})

    def _delete_everything(self, run: _Run) -> None:
        deployment = run.deployment
        root = deployment.ledger.old(deployment.stack_urn)
        if root is not None:
            # What is left of a stack must not look deployed to those who read its outputs. Saved
            # with the first deletion, before it is carried out.
            deployment.ledger.amend(root, outputs={})
        DeletePhase(deployment, deployment.ledger.old_resources()).run()

    def _keep(self, deployment: Deployment) -> None:
        """Save the state for good, or remove it when the stack has nothing left."""
        if deployment.dry_run:
            return
        if deployment.ledger.resources() or deployment.ledger.pending():
            deployment.ledger.save(durable=True)
        else:
            self._backend.remove(self.project_name, self._stack)


def _result(deployment: Deployment, seconds: float) -> RunResult:
    root = next((r for r in deployment.ledger.resources() if r.type == urns.STACK_TYPE), None)
    outputs = root.outputs if root else {}
    if deployment.dry_run and deployment.stack_outputs is None:
        outputs = {}
    unknown = frozenset(key for key, value in outputs.items() if contains_unknown(value))
    known = {key: value for key, value in outputs.items() if key not in unknown}
    return RunResult(
        errors=deployment.reporter.errors,
        cancelled=deployment.gate.cancelled,
        counts=deployment.reporter.counts,
        outputs=simplify(known),
        secret_outputs=frozenset(key for key, value in known.items() if contains_secret(value)),
        unknown_outputs=unknown,
        seconds=seconds,
    )
