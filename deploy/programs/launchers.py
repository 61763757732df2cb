"""Starts program processes: cold, each in a new interpreter, or warm, forked from a ready one."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from deploy.errors import EngineError

_FOLDER = Path(__file__).parent
_COLD, _WARM = _FOLDER / "language_host.py", _FOLDER / "zygote.py"
SCRIPTS = (_COLD, _WARM)
"""What runs outside this package, by path."""
_KILLED = -9

DEFAULT_PRELOAD = (
    "pulumi_aws.Provider",
    "pulumi_aws.ec2.Vpc",
    "pulumi_aws.ec2transitgateway.TransitGateway",
    "pulumi_aws.vpc.SecurityGroupIngressRule",
    "pulumi_aws.cloudwatch.LogGroup",
    "pulumi_aws.iam.Role",
    "pulumi_aws.kms.Key",
    "pulumi_aws.s3.Bucket",
    "pulumi_aws.rds.Cluster",
    "pulumi_aws.ssm.Parameter",
    "pulumi_aws.secretsmanager.Secret",
    "pulumi_aws.lambda_.Function",
    "pulumi_aws.dms.ReplicationTask",
    "pulumi_aws.sfn.StateMachine",
    "pulumi_aws.apigateway.RestApi",
    "pulumi_aws.sns.Topic",
)
"""One type of each pulumi_aws module to import, in the order in which the layers need them."""


@dataclass(frozen=True)
class ProgramRequest:
    """Which program to run: see `language_host` for what the fields mean to the process."""

    program: Path
    directory: Path
    settings: Mapping[str, Any]
    environment: Mapping[str, str]

    def encoded(self) -> bytes:
        """Return the request as the line that the process reads."""
        arguments = {"program": str(self.program), "settings": dict(self.settings)}
        document = {
            "arguments": arguments,
            "environment": dict(self.environment),
            "directory": str(self.directory),
        }
        return json.dumps(document).encode() + b"\n"


class RunningProgram:
    """A program's process, seen through its conversation socket and its output pipe.

    The process kills itself when this end of the conversation closes, be it that this process
    died. `on_exit` is called from a thread once it has ended; `reap` collects a child of ours.
    """

    def __init__(
        self,
        conversation: socket.socket,
        output: int,
        request: ProgramRequest,
        on_line: Callable[[str], None],
        on_exit: Callable[[], None],
        reap: Callable[[], object] = lambda: None,
    ) -> None:
        self._conversation = conversation
        self._on_line = on_line
        self._on_exit = on_exit
        self._reap = reap
        self._output = os.fdopen(output, "r", encoding="utf-8", errors="replace")
        self._pid = 0
        self._exit_code = _KILLED
        self._kill_requested = False
        self._threads = [
            threading.Thread(target=self._pump, name="program-output", daemon=True),
            threading.Thread(target=self._converse, args=(request,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> int | None:
        """Return the exit code, or None when the program still runs after that many seconds."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return None if any(thread.is_alive() for thread in self._threads) else self._exit_code

    def kill(self) -> None:
        """End the process and what it started, at once."""
        with contextlib.suppress(OSError):
            self._conversation.shutdown(socket.SHUT_RDWR)
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def _pump(self) -> None:
        with self._output:
            for line in self._output:
                self._on_line(line.rstrip("\n"))

    def _converse(self, request: ProgramRequest) -> None:
        try:
            with self._conversation, self._conversation.makefile("rwb") as stream:
                stream.write(request.encoded())
                stream.flush()
                for line in stream:
                    message = json.loads(line)
                    self._pid = message.get("pid", self._pid)
                    self._exit_code = message.get("exit", self._exit_code)
        except OSError:
            self._exit_code = _KILLED
        finally:
            self._reap()
            self._on_exit()


class ProgramLauncher(Protocol):
    """Starts program processes. Called from several threads at once."""

    def launch(
        self,
        request: ProgramRequest,
        on_line: Callable[[str], None],
        on_exit: Callable[[], None],
    ) -> RunningProgram:
        """Start a program; the callbacks get its output, line by line, and its end."""
        ...


class ColdLauncher:
    """Starts each program in a new interpreter."""

    def launch(
        self,
        request: ProgramRequest,
        on_line: Callable[[str], None],
        on_exit: Callable[[], None],
    ) -> RunningProgram:
        """Start a program."""
        own, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        with theirs:
            process = subprocess.Popen(
                _command(_COLD, str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
            )
        os.close(write_end)
        return RunningProgram(own, read_end, request, on_line, on_exit, process.wait)


class WarmLauncher:
    """Starts programs from a process that has imported pulumi and pulumi_aws already.

    A context manager. `start` returns at once; the process imports in the background. A program
    launched meanwhile begins after the import that is under way. `preload` names what to import, as
    `package.module.Name`. Where a server of programs listens at `shared`, it is used instead of a
    process of its own. Raises EngineError from `launch` when the process is gone.
    """

    def __init__(
        self, preload: Sequence[str] = DEFAULT_PRELOAD, shared: Path | None = None
    ) -> None:
        self._preload = preload
        self._shared = shared
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process, or connect to one, unless that was done before."""
        with self._lock:
            if self._control is not None:
                return
            self._control = _connected(self._shared)
            if self._control is not None:
                return
            own, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    zygote_command(str(theirs.fileno()), self._preload),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._control = own

    def close(self) -> None:
        """End the process, if it is its own. Programs that still run are not affected."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._control = self._process = None

    def launch(
        self,
        request: ProgramRequest,
        on_line: Callable[[str], None],
        on_exit: Callable[[], None],
    ) -> RunningProgram:
        """Start a program."""
        self.start()
        own, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        try:
            with theirs, self._lock:
                if self._control is None:
                    raise EngineError("the launcher of programs was closed while it was used")
                socket.send_fds(self._control, [b"p"], [theirs.fileno(), write_end])
        except OSError as error:
            own.close()
            os.close(read_end)
            raise EngineError(
                f"the warm process that starts programs has ended ({error}); start again"
            ) from error
        finally:
            os.close(write_end)
        return RunningProgram(own, read_end, request, on_line, on_exit)


def zygote_command(door: str, preload: Sequence[str]) -> list[str]:
    """Return the command of a warm process; `door` is what `zygote` says of its first argument."""
    return _command(_WARM, door, *preload)


def _connected(server: Path | None) -> socket.socket | None:
    """Return a connection to a server of programs, None when none listens there."""
    if server is None:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(server))
    except OSError:
        connection.close()
        return None
    return connection


def _command(script: Path, *arguments: str) -> list[str]:
    """Return the command for a script, without its folder on its import path."""
    return [sys.executable, "-P", "-u", str(script), *arguments]
