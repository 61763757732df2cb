"""One warm process that runs one version and configuration of a function, a request at a time."""

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any

INIT_TIMEOUT_SECONDS = 10.0
"""Limit of the init phase ("Understanding the Lambda execution environment lifecycle")."""

_PROGRAM = Path(__file__).with_name("worker_main.py")


class Ending(Enum):
    """How an invocation ended."""

    SUCCEEDED = auto()
    FUNCTION_ERROR = auto()
    INIT_ERROR = auto()
    TIMED_OUT = auto()
    INIT_TIMED_OUT = auto()
    EXITED = auto()


@dataclass(frozen=True)
class Outcome:
    """What one invocation gave: its payload (JSON) if the function had one, and what it printed.

    `exit_status` is set when the process ended by itself: negative for a signal.
    """

    ending: Ending
    payload: str
    printed: str
    duration_seconds: float
    exit_status: int | None = None


class Worker:
    """A process for one function. Not thread-safe: its pool lends it to one caller at a time."""

    def __init__(
        self,
        *,
        code: Path,
        layers: list[Path],
        managed_runtime: Path,
        environment: Mapping[str, str],
        log_stream: str,
    ) -> None:
        self.log_stream = log_stream
        self.last_used = time.monotonic()
        self._init_seconds: float | None = None
        self._initialized = False
        self._log = _open_log()
        self._buffer = b""
        self._response, response_writer = os.pipe()
        search_path = [code, *(part for layer in layers for part in _python_folders(layer))]
        command = [
            *(sys.executable, "-I", "-S", "-u", str(_PROGRAM), str(response_writer)),
            *(str(path) for path in [*search_path, managed_runtime]),
        ]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=code,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[response_writer],
            )
        finally:
            os.close(response_writer)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def invoke(self, event: Any, context: Mapping[str, Any], timeout_seconds: float) -> Outcome:
        """Run one request; the process is killed when it takes longer than its time-out.

        The first request waits for the init phase as well, which has a limit of its own.
        """
        started = time.monotonic()
        self.last_used = started
        if not self._initialized:
            failure = self._initialize(started)
            if failure is not None:
                return failure
        began = time.monotonic()
        values = {**context, "deadline": time.time() + timeout_seconds}
        request = {"event": event, "context": values, "trace_id": context["trace_id"]}
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._ended(began)
        answer = self._receive(began + timeout_seconds)
        if isinstance(answer, Ending):
            return self._ended(began, answer)
        ending = Ending.SUCCEEDED if answer["succeeded"] else Ending.FUNCTION_ERROR
        return Outcome(ending, answer["payload"], self._printed(), time.monotonic() - began)

    def take_init_seconds(self) -> float | None:
        """Return how long the init phase took, once: it is reported with the first request."""
        seconds, self._init_seconds = self._init_seconds, None
        return seconds

    def kill(self) -> None:
        """End the process at once; whoever waits for its answer sees that it exited."""
        self._process.kill()

    def stop(self) -> None:
        """End the process and release what belongs to it."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        os.close(self._response)
        self._log.close()

    def _initialize(self, started: float) -> Outcome | None:
        answer = self._receive(started + INIT_TIMEOUT_SECONDS)
        if isinstance(answer, Ending):
            ending = Ending.INIT_TIMED_OUT if answer is Ending.TIMED_OUT else answer
            return self._ended(started, ending)
        self._init_seconds = time.monotonic() - started
        self._initialized = bool(answer["initialized"])
        if self._initialized:
            return None
        self._process.wait()
        return Outcome(
            Ending.INIT_ERROR, answer["payload"], self._printed(), time.monotonic() - started
        )

    def _receive(self, deadline: float) -> dict[str, Any] | Ending:
        """Read one answer; return TIMED_OUT or EXITED when there is none."""
        poll = select.poll()
        poll.register(self._response, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                return Ending.TIMED_OUT
            chunk = os.read(self._response, 1 << 16)
            if not chunk:
                return Ending.EXITED
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self, began: float, ending: Ending = Ending.EXITED) -> Outcome:
        """Return the outcome of an invocation that gave no answer; the process is gone after."""
        if ending is not Ending.EXITED:
            self._process.kill()
        status = self._process.wait()
        duration = time.monotonic() - began
        return Outcome(ending, "", self._printed(), duration, exit_status=status)

    def _printed(self) -> str:
        """Return what was printed since the last call, and forget it."""
        self._log.seek(0)
        printed = self._log.read().decode(errors="replace")
        self._log.truncate(0)
        return printed


def _open_log() -> IO[bytes]:
    """Return an unnamed file that is always appended to, so that it can be emptied in between."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the worker closes it
    flags = fcntl.fcntl(file, fcntl.F_GETFL)
    fcntl.fcntl(file, fcntl.F_SETFL, flags | os.O_APPEND)
    return file


def _python_folders(layer: Path) -> list[Path]:
    """Return the folders of a layer that are searched ("Packaging your layer content")."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [layer / "python" / "lib" / version / "site-packages", layer / "python"]
    return [folder for folder in candidates if folder.is_dir()]
