"""The Pulumi ``aws`` provider as a child process of the daemon.

Protocol of a Pulumi plugin: the first line on standard output is the port. The provider ends
when its standard input ends, so a killed daemon leaves none behind.
"""

import subprocess
import sys
from pathlib import Path

_STOP_SECONDS = 5.0
_LOG_LINES = 15


class PartError(Exception):
    """A part of the cloud did not start; the message ends with the last lines of its log."""


class ProviderProcess:
    """The provider of one daemon. `start` spawns it, `address` waits until it listens."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def start(self, endpoint_url: str, region: str) -> None:
        """Spawn the provider; it starts up while the caller goes on."""
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "localcloud.provider"),
                    *("--endpoint-url", endpoint_url, "--region", region),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def address(self) -> str:
        """Return ``127.0.0.1:PORT`` once the provider listens.

        Raises PartError when it ends, or says something else than a port.
        """
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line.isdigit():
            self.stop()
            tail = "".join(f"\n    {text}" for text in self._last_lines()) or "\n    (empty)"
            raise PartError(
                f"the Pulumi provider does not start\n  last lines of {self._log}:{tail}"
            )
        return f"127.0.0.1:{line}"

    def stop(self) -> None:
        """End the provider: close its input, and kill it if that is not enough."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        self._process = None

    def _last_lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
