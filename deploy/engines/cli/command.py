"""Runs the Pulumi CLI in a session of its own, so that a Ctrl-C reaches it once and from us."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error


class InterruptibleCommand(PulumiCommand):
    """A `PulumiCommand` whose running CLI can be interrupted. One run at a time.

    The Automation API starts the CLI in the terminal's process group, where a Ctrl-C would reach
    it beside whatever the orchestrator does, and offers no way to interrupt it alone.
    """

    def __init__(self, found: PulumiCommand) -> None:
        # The found one has asked the CLI for its version already: that takes a third of a second.
        self.command = found.command
        self.version = found.version
        self._lock = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._interrupted = False
        self.failure = ""
        """What the last run that failed said on its standard error."""

    @property
    def interrupted(self) -> bool:
        """Whether a run was interrupted, or is refused because of an interruption."""
        return self._interrupted

    def interrupt(self) -> None:
        """Ask the CLI once to finish what it is doing and end; start nothing from here on.

        The CLI waits for running operations, saves the state and releases its lock. Source:
        Pulumi documentation, "pulumi cancel" and "pulumi up", on SIGINT.
        """
        with self._lock:
            first, self._interrupted = not self._interrupted, True
            if first and self._running is not None and self._running.poll() is None:
                self._running.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run the CLI to its end. Raises an Automation API CommandError when it fails."""
        with self._started(["--non-interactive", *args], cwd, additional_env) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            with ThreadPoolExecutor(2) as readers:
                output = readers.submit(_lines, process.stdout, on_output)
                errors = readers.submit(_lines, process.stderr, on_error)
            code = process.wait()
        with self._lock:
            self._running = None
        result = CommandResult(output.result(), errors.result(), code)
        if code != 0:
            self.failure = result.stderr
            raise create_command_error(result)
        return result

    def _started(
        self, args: list[str], cwd: str, additional_env: Mapping[str, str]
    ) -> "subprocess.Popen[str]":
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        if Path(self.command).is_absolute():
            # The plugins that come with a CLI lie beside it.
            folder = str(Path(self.command).parent)
            environment["PATH"] = os.pathsep.join([folder, environment.get("PATH", os.defpath)])
        with self._lock:
            if self._interrupted:
                raise create_command_error(CommandResult("", "interrupted before it began", 1))
            self._running = subprocess.Popen(
                [self.command, *args],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=True,
            )
            return self._running


def _lines(stream: IO[str], heard: OnOutput | None) -> str:
    lines = []
    for line in stream:
        lines.append(line.rstrip())
        if heard:
            heard(lines[-1])
    return "\n".join(lines)
