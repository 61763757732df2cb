"""One PostgreSQL server process: where it listens, how it starts, how it ends."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg

from localcloud.databases.binaries import Distribution
from localcloud.databases.connection import Endpoint
from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.host import Host
from localcloud.databases.parameters import ADMINISTRATOR

HOST = "localhost"
ADDRESS = "127.0.0.1"
PORT_ATTEMPTS = 5
START_SECONDS = 30.0
_POLL_SECONDS = 0.02

# "Shutting Down the Server" in the PostgreSQL manual: fast, then immediate, then what is left.
_SHUTDOWN: tuple[tuple[signal.Signals, float], ...] = (
    (signal.SIGINT, 8.0),
    (signal.SIGQUIT, 7.0),
    (signal.SIGKILL, 5.0),
)


class PortTakenError(Exception):
    """Somebody took the port between its choice and the server's start."""


class Server:
    """A server over a data directory that is already initialised and configured."""

    def __init__(
        self, name: str, host: Host, distribution: Distribution, data: Path, log: Path
    ) -> None:
        self.name = name
        self.data = data
        self.log = log
        self.port = 0
        self._host = host
        self._distribution = distribution
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where clients reach it."""
        return Endpoint(HOST, self.port)

    def listens_at(self, host: str, port: int) -> bool:
        """Tell whether this is its address, by name or by number."""
        return port == self.port and host in (HOST, ADDRESS)

    def start(self) -> None:
        """Start it on a free port and return when it answers.

        Raises DatabaseServerError, with the end of the log, when it does not start.
        """
        for _ in range(PORT_ATTEMPTS):
            port = free_port()
            try:
                self._start_on(port)
            except PortTakenError:
                continue
            self.port = port
            return
        raise DatabaseServerError.with_log(
            f"server {self.name} found {PORT_ATTEMPTS} ports taken by others", self.log
        )

    def administrate(self, dbname: str = "postgres") -> psycopg.Connection:
        """Open an autocommit connection as the administrator, through the Unix socket."""
        return self._administrate(self.port, dbname)

    def stop(self) -> None:
        """Stop it: fast, and the hard way when that takes too long. Harmless when it is down."""
        process = self._process
        if process is None:
            return
        for how, seconds in _SHUTDOWN:
            process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=seconds)
                break
        else:
            raise DatabaseServerError.with_log(
                f"server {self.name}, process {process.pid}, does not end", self.log
            )
        self._process = None

    def _start_on(self, port: int) -> None:
        written = self.log.stat().st_size if self.log.exists() else 0
        program = self._distribution.program("postgres")
        words = [program, "-D", str(self.data), "-p", str(port)]
        self._process = self._host.launch(self._distribution, words, self.log)
        try:
            self._wait_until_it_answers(port)
        except DatabaseServerError:
            self.stop()
            if self._port_was_taken(written):
                raise PortTakenError from None
            raise

    def _wait_until_it_answers(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise DatabaseServerError.with_log(f"server {self.name} did not start", self.log)
            with contextlib.suppress(psycopg.OperationalError):
                self._administrate(port, "postgres").close()
                return
            time.sleep(_POLL_SECONDS)
        raise DatabaseServerError.with_log(
            f"server {self.name} did not answer within {START_SECONDS:.0f} s", self.log
        )

    def _administrate(self, port: int, dbname: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._host.sockets),
            port=port,
            user=ADMINISTRATOR,
            dbname=dbname,
            autocommit=True,
        )

    def _port_was_taken(self, offset: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(offset)
            return b"Address already in use" in log.read()


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port
