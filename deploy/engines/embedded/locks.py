"""Locks on stacks, at the CLI's path, so that either engine respects the other's.

`<root>/.pulumi/locks/organization/<project>/<stack>/<uuid>.json` says who holds the stack. The
lock of a process that no longer lives on this host is taken over; any other refuses the run.
"""

import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from deploy.engines.embedded.backend import ORGANIZATION
from deploy.engines.embedded.errors import LockedError
from deploy.engines.embedded.state import timestamp

_CLOCK_TOLERANCE = 2.0
"""Seconds by which a process may seem younger than the lock that it wrote."""


@dataclass(frozen=True)
class _Lock:
    file: Path
    pid: int
    user: str
    host: str
    since: str

    @classmethod
    def read(cls, file: Path) -> "_Lock | None":
        """Return the lock in a file; None when it was released meanwhile or makes no sense."""
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                file,
                int(content["pid"]),
                str(content["username"]),
                str(content["hostname"]),
                str(content["timestamp"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def dead(self) -> bool:
        """Whether its process is known to be gone: on this host, not running, or a younger one."""
        if self.host != socket.gethostname():
            return False
        try:
            started = psutil.Process(self.pid).create_time()
            locked = datetime.fromisoformat(self.since).timestamp()
        except psutil.NoSuchProcess:
            return True
        except ValueError:
            return False
        return started > locked + _CLOCK_TOLERANCE

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host} since {self.since}"


@contextmanager
def hold(root: Path, project: str, stack: str, notice: Callable[[str], None]) -> Iterator[None]:
    """Hold a stack's lock. Raises LockedError at once when a living process has it.

    `notice` is called for each lock that is taken over from a process that died.
    """
    folder = root / ".pulumi" / "locks" / ORGANIZATION / project / stack
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{uuid.uuid4()}.json"
    _write(own)
    try:
        _refuse_if_held(folder, own, f"{project}/{stack}", notice)
        yield
    finally:
        own.unlink(missing_ok=True)


def _refuse_if_held(folder: Path, own: Path, name: str, notice: Callable[[str], None]) -> None:
    for file in sorted(folder.glob("*.json")):
        if file == own:
            continue
        lock = _Lock.read(file)
        if lock is None and file.exists():
            raise LockedError(f"stack {name} has an unreadable lock: remove {file}")
        if lock is None:
            continue
        if not lock.dead:
            raise LockedError(
                f"stack {name} is locked by {lock}. Wait until that run has ended; "
                f"if it no longer runs, remove {file}"
            )
        file.unlink(missing_ok=True)
        notice(f"took over the lock of a run that died: {lock}")


def _write(file: Path) -> None:
    content = {
        "pid": os.getpid(),
        "username": getpass.getuser(),
        "hostname": socket.gethostname(),
        "timestamp": timestamp(),
    }
    unfinished = file.with_suffix(".tmp")
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(file)
