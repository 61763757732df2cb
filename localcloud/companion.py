"""A process that somebody else wants to have beside the cloud, for as long as the cloud runs.

The cloud knows no more of it than its command and that it ends when its standard input does. It
is started once the cloud has had nothing to do for a while, so that nobody has to wait for it.
"""

import logging
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

QUIET_SECONDS = 3.0
_STOP_SECONDS = 2.0
_OF_THE_DAEMON = ("PYTHONPATH", "PYTHONUNBUFFERED")


class Companion:
    """The companion of one daemon; an empty command means none."""

    def __init__(self, command: Sequence[str], log_file: Path) -> None:
        self._command = list(command)
        self._log_file = log_file
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start_when_quiet(self, idle_seconds: Callable[[], float]) -> None:
        """Start it in the background once `idle_seconds` says that the cloud has been quiet."""
        if self._command:
            arguments = (idle_seconds,)
            threading.Thread(
                target=self._wait_and_start, args=arguments, name="companion", daemon=True
            ).start()

    def stop(self) -> None:
        """End it, and keep it from being started."""
        self._stopped.set()
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_and_start(self, idle_seconds: Callable[[], float]) -> None:
        while (left := QUIET_SECONDS - idle_seconds()) > 0:
            if self._stopped.wait(left):
                return
        with self._lock:
            if not self._stopped.is_set():
                self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        environment = {key: os.environ[key] for key in os.environ if key not in _OF_THE_DAEMON}
        with self._log_file.open("w") as output:
            try:
                return subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    env=environment,
                )
            except OSError:
                log.exception("the companion does not start")
                return None
