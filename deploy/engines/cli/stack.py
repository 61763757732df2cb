"""One layer's stack on the Pulumi CLI: preview, deploy, destroy, look for drift."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi.automation import (
    CommandError,
    ConcurrentUpdateError,
    OnEvent,
    PulumiCommand,
    Stack,
    StackNotFoundError,
)

from deploy.engines.cli import locks
from deploy.engines.cli.command import InterruptibleCommand
from deploy.engines.cli.drift import DriftTranslator
from deploy.engines.cli.messages import INTERRUPTIONS, cause, locked, unusable
from deploy.engines.cli.state import state_of_export
from deploy.engines.cli.translation import Translator
from deploy.engines.cli.workspace import LayerWorkspace
from deploy.engines.drift import DriftResult
from deploy.engines.embedded.config import load_project
from deploy.engines.embedded.locks import take_over_dead
from deploy.engines.embedded.view import StackState
from deploy.environments import EngineSettings
from deploy.events import Listener, ResourceError, RunResult

Work = Callable[[Stack, OnEvent], object]


class CliStack:
    """One stack of one project, as a `deploy.engines.interface.LayerStack`.

    `folder` has `Pulumi.yaml` and `Pulumi.<stack>.yaml`; `environ` is added to the environment of
    the CLI, which hands it on to the program; where the settings say otherwise, they count. The
    constructor raises ConfigError for a project that cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        stack_name: str,
        *,
        cli: PulumiCommand,
        settings: EngineSettings,
        environ: Mapping[str, str] = {},
    ) -> None:
        self._project = load_project(folder.absolute()).name
        self._name = stack_name
        self._settings = settings
        self._command = InterruptibleCommand(cli)
        self._workspace = LayerWorkspace(
            folder.absolute(),
            self._project,
            self._command,
            {**environ, **settings.environment()},
            secrets_provider=settings.secrets_provider,
            home=settings.home,
            file_backend=settings.file_backend,
        )

    @property
    def project_name(self) -> str:
        """The name of the project, from its `Pulumi.yaml`."""
        return self._project

    def preview(self, listener: Listener, *, destroying: bool = False) -> RunResult:
        """Tell what `up`, or `destroy`, would do. Changes nothing.

        The CLI previews only stacks that exist: one that does not is made for the time of the
        preview. Secret outputs read ``[secret]`` in the result.
        """
        translator = Translator(listener)
        started = time.monotonic()
        if destroying:
            if self._exists():
                self._run(translator, lambda stack, hear: stack.preview_destroy(on_event=hear))
            return self._result(translator, started, outputs={})
        made = not self._exists()
        try:
            self._run(translator, lambda stack, hear: stack.preview(on_event=hear), create=True)
        finally:
            if made:
                self._remove_if_empty()
        return self._result(translator, started, outputs=translator.planned_outputs)

    def prepare(self) -> None:
        """Do nothing: the CLI runs a program only together with what it asks for."""

    def release(self) -> None:
        """Do nothing."""

    def up(self, listener: Listener) -> RunResult:
        """Run the program and bring the cloud to what it declares."""
        translator = Translator(listener)
        started = time.monotonic()
        self._run(
            translator,
            lambda stack, hear: stack.up(on_event=hear, show_secrets=False),
            create=True,
        )
        return self._result(translator, started)

    def destroy(self, listener: Listener) -> RunResult:
        """Delete every resource, and the state when nothing is left.

        Runs no program. A stack that was never made is destroyed already.
        """
        translator = Translator(listener)
        started = time.monotonic()
        if self._exists():
            self._run(
                translator,
                lambda stack, hear: stack.destroy(on_event=hear, show_secrets=False),
            )
        result = self._result(translator, started)
        if result.ok:
            self._remove_if_empty()
        return result

    def drift(self, listener: Listener) -> DriftResult:
        """Read every resource in the cloud and compare it with its state. Changes nothing.

        Runs no program: `pulumi refresh --preview-only`.
        """
        translator = DriftTranslator(listener)
        started = time.monotonic()
        if self._exists():
            self._run(translator, lambda stack, hear: stack.preview_refresh(on_event=hear))
        return DriftResult(
            resources=translator.drifts,
            errors=self._errors(translator),
            cancelled=self._command.interrupted,
            seconds=time.monotonic() - started,
        )

    def state(self) -> StackState | None:
        """Return the recorded state, None when there is none.

        Raises StateError for a state that is damaged, and EngineError for one that the CLI cannot
        get at.
        """
        folder = self._settings.file_backend
        if folder is not None and self._settings.passphrase is not None:
            return StackState.load(folder, self._project, self._name, self._settings.passphrase)
        try:
            exported = self._workspace.export_stack(self._name)
        except StackNotFoundError:
            return None
        except CommandError as error:
            raise unusable(self._command.failure, self._full_name) from error
        return state_of_export(exported, self._full_name)

    def cancel(self) -> None:
        """End the run under way: what runs is finished and recorded, nothing else begins.

        A run that begins after this ends at once, so that no cancellation comes too early.
        """
        self._command.interrupt()

    @property
    def _full_name(self) -> str:
        return f"{self._project}/{self._name}"

    def _exists(self) -> bool:
        try:
            self._workspace.select_stack(self._name)
        except StackNotFoundError:
            return False
        except CommandError as error:
            raise unusable(self._command.failure, self._full_name) from error
        return True

    def _run(self, translator: Translator, work: Work, *, create: bool = False) -> None:
        """Do the work on the stack. What goes wrong in it is for the translator to have heard.

        Raises LockedError when another run holds the stack, and EngineError when the CLI refused
        before anything was run.
        """
        if self._command.interrupted:
            return
        open_stack = Stack.create_or_select if create else Stack.select

        def attempt() -> None:
            work(open_stack(self._name, self._workspace), translator.hear)

        try:
            try:
                attempt()
            except ConcurrentUpdateError:
                self._take_over(translator)
                attempt()
        except ConcurrentUpdateError as error:
            raise locked(self._command.failure, self._full_name) from error
        except CommandError as error:
            if self._command.interrupted or translator.errors:
                return
            if not translator.began:
                raise unusable(self._command.failure, self._full_name) from error
            translator.fail(cause(self._command.failure) or str(error))

    def _take_over(self, translator: Translator) -> None:
        """Release the locks of runs that died. Raises LockedError when one may live."""

        def notice(text: str) -> None:
            translator.say("warning", text)

        folder = self._settings.file_backend
        if folder is not None:
            take_over_dead(folder, self._project, self._name, notice)
            return
        found = locks.holders(self._command.failure)
        if not locks.abandoned(found):
            raise locked(self._command.failure, self._full_name)
        Stack.select(self._name, self._workspace).cancel()
        for holder in found:
            notice(f"took over the lock of a run that died: {holder}")

    def _remove_if_empty(self) -> None:
        """Remove the stack, but not its configuration, when nothing is left of it."""
        state = self.state()
        if state is None or state.resource_count or state.pending_operations:
            return
        try:
            self._workspace.remove_stack(self._name, preserve_config=True)
        except CommandError as error:
            if not self._command.interrupted:
                raise unusable(self._command.failure, self._full_name) from error

    def _errors(self, translator: Translator) -> tuple[ResourceError, ...]:
        """Return what failed; that a run was interrupted is no failure of it."""
        if not self._command.interrupted:
            return translator.errors
        return tuple(error for error in translator.errors if error.message not in INTERRUPTIONS)

    def _result(
        self, translator: Translator, started: float, outputs: Mapping[str, Any] | None = None
    ) -> RunResult:
        """Return how a run ended; `outputs` are a preview's, else the state has them."""
        secret_outputs = translator.secret_outputs
        if outputs is None:
            state = self.state()
            outputs = state.outputs if state else {}
            secret_outputs = state.secret_output_names if state else frozenset()
        return RunResult(
            errors=self._errors(translator),
            cancelled=self._command.interrupted,
            counts=translator.counts,
            outputs=outputs,
            secret_outputs=secret_outputs & outputs.keys(),
            unknown_outputs=translator.unknown_outputs,
            seconds=time.monotonic() - started,
        )
