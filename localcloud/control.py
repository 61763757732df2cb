"""Start, find and stop the laptop cloud: all that the orchestrator knows of it.

The cloud is one background process a checkout (`localcloud.daemon`) with everything that it owns
under one folder. Concurrent starts are serialised by a lock on a file; the daemon inherits the
lock until it is healthy, so even a starter that is killed half way leaves no second daemon.

Every command of the orchestrator imports this module, so what is slow to load (a database driver,
boto3, psutil) is imported by the methods that need it.
"""

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from localcloud import record
from localcloud.address import DatabaseAddress as DatabaseAddress
from localcloud.errors import LaptopCloudError as LaptopCloudError
from localcloud.record import CloudInfo as CloudInfo

_LOG_LINES = 15


def _silent(_: str) -> None:
    """Ignore a progress line."""


class LaptopCloud:
    """The laptop cloud of one checkout.

    `home` is the folder that holds everything of it (``<checkout>/.laptop-cloud``); `environment`
    is the suffix of the secrets that the daemon seeds; `companion` is the command of a process to
    run beside it, which ends when its standard input does.
    """

    def __init__(
        self, home: Path, environment: str = "local", companion: Sequence[str] = ()
    ) -> None:
        self._home = home.resolve()
        self._environment = environment
        self._companion = companion

    @property
    def log(self) -> Path:
        """The daemon's log file."""
        return self._home / "logs" / "daemon.log"

    def start(self, notify: Callable[[str], None] = _silent) -> CloudInfo:
        """Return the running cloud, starting it first when there is none.

        `notify` gets short progress lines. Raises LaptopCloudError when a part does not start.
        """
        with self._lock() as lock:
            running = self.info()
            if running is not None:
                return running
            self._end_daemon()  # one that lives but does not answer: two may not share a folder
            self._launch(lock.fileno(), notify)
            started = self.info()
        if started is None:
            raise self._failure("the daemon said that it is ready, but does not answer")
        return started

    def info(self) -> CloudInfo | None:
        """Return the cloud that is running and reachable, or None."""
        found = record.read(self._home)
        if found is None:
            return None
        from localcloud import processes

        alive = processes.is_daemon(found.pid) and record.is_reachable(found)
        return found if alive else None

    def stop(self) -> bool:
        """Stop the daemon with everything that it started; return whether one was running.

        Returns only when no process of it is left. Raises LaptopCloudError if one survives
        being killed.
        """
        if not self._home.is_dir():
            return False
        with self._lock():
            return self._end_daemon()

    def prepare_database(self, side: str, host: str, port: int, database_name: str) -> None:
        """Do what the owner of the account has done before a migration: bring the schema.

        Applies the seed schema to one cluster, `source` or `target`, once; a second call changes
        nothing. Raises LaptopCloudError when the cloud is not running or the database refuses.
        """
        from localcloud import payments_databases

        running = self.info()
        if running is None:
            raise LaptopCloudError(
                "the laptop cloud is not running\n  start it and deploy: invoke deploy-all"
            )
        payments_databases.prepare(running, side, host, port, database_name)

    def seed_payments(
        self, address: DatabaseAddress, count: int, notify: Callable[[int], None]
    ) -> str:
        """Add `count` generated payments; return one sentence about them for the user.

        `notify` hears how many have been added so far. Raises LaptopCloudError, with what to do,
        when the database cannot be reached or has no payments schema.
        """
        from localcloud import payments_databases

        return payments_databases.seed_payments(address, count, notify)

    def psql(self) -> tuple[Path, dict[str, str]]:
        """Return the bundled ``psql`` and the variables that it needs beside the caller's own.

        Raises LaptopCloudError when the bundled PostgreSQL cannot be unpacked.
        """
        from localcloud.databases import DatabaseServerError
        from localcloud.databases.binaries import psql_environment, psql_path

        try:
            return psql_path(), psql_environment()
        except (DatabaseServerError, OSError) as error:
            raise LaptopCloudError(f"the bundled psql cannot be used: {error}") from error

    @contextlib.contextmanager
    def _lock(self) -> Iterator[TextIO]:
        self._home.mkdir(parents=True, exist_ok=True)
        with (self._home / "daemon.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock

    def _end_daemon(self) -> bool:
        """End a daemon, whether it answers or not, with its processes; False if there is none."""
        from localcloud import processes

        found = record.read(self._home)
        if found is None:
            return False
        left = processes.end_daemon(found.pid)
        if left is None:
            return False
        if left:
            raise self._failure(f"processes {', '.join(map(str, left))} do not end")
        record.remove(self._home, found.identity)
        return True

    def _launch(self, lock_descriptor: int, notify: Callable[[str], None]) -> None:
        """Start the daemon in a session of its own and follow its progress until it is ready."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        reader, writer = os.pipe()
        for descriptor in (writer, lock_descriptor):
            os.set_inheritable(descriptor, True)
        try:
            pid = self._spawn(writer, lock_descriptor)
        finally:
            os.close(writer)
        try:
            with os.fdopen(reader) as progress:
                _follow(progress, notify)
        except _NotReadyError as error:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            raise self._failure(str(error), with_log=not error.tells_its_log) from error

    def _spawn(self, progress_descriptor: int, lock_descriptor: int) -> int:
        arguments = [
            *(sys.executable, "-m", "localcloud.daemon"),
            *("--home", str(self._home)),
            *("--environment", self._environment),
            *("--progress-descriptor", str(progress_descriptor)),
            *("--lock-descriptor", str(lock_descriptor)),
            *("--companion", json.dumps(list(self._companion))),
        ]
        checkout = str(Path(__file__).resolve().parents[1])
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            sys.executable,
            arguments,
            {**os.environ, "PYTHONPATH": checkout, "PYTHONUNBUFFERED": "1"},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _failure(self, what: str, *, with_log: bool = True) -> LaptopCloudError:
        advice = "\n  fix the cause, then start it again: invoke deploy-all"
        if not with_log:
            return LaptopCloudError(f"the laptop cloud failed: {what}{advice}")
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        except OSError:
            lines = []
        tail = "".join(f"\n    {line}" for line in lines) or "\n    (empty)"
        return LaptopCloudError(
            f"the laptop cloud failed: {what}\n  last lines of {self.log}:{tail}{advice}"
        )


class _NotReadyError(Exception):
    """The daemon did not become ready; `tells_its_log` if the message has the log's end."""

    def __init__(self, message: str, *, tells_its_log: bool = False) -> None:
        super().__init__(message)
        self.tells_its_log = tells_its_log


def _follow(progress: TextIO, notify: Callable[[str], None]) -> None:
    """Read the daemon's progress until it is ready. Raises _NotReadyError when it fails."""
    for line in progress:
        message = json.loads(line)
        if message["kind"] == "ready":
            return
        if message["kind"] in ("error", "part-error"):
            tells = message["kind"] == "part-error"
            raise _NotReadyError(message["text"], tells_its_log=tells)
        notify(message["text"])
    raise _NotReadyError("the daemon ended before it was ready")
