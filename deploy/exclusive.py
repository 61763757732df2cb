"""One command at a time changes an environment."""

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from deploy.errors import UsageError

FILE = "command.lock"


@dataclass(frozen=True)
class Holder:
    """Who holds an environment, and since when (ISO 8601, UTC)."""

    command: str
    pid: int
    user: str
    host: str
    since: str

    @classmethod
    def this(cls, command: str) -> "Holder":
        """Return this process as the holder."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(command, os.getpid(), getpass.getuser(), socket.gethostname(), now)

    def __str__(self) -> str:
        return (
            f"invoke {self.command}, process {self.pid} of {self.user} on {self.host} "
            f"since {self.since}"
        )


@contextmanager
def exclusive(
    home: Path, command: str = "command", notice: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Hold the environment's command lock for the block.

    Raises UsageError at once when another command holds it, and tells which one and since when.
    The lock itself goes with the process that holds it, however that ends (flock(2)); a command
    that died leaves its name behind, and `notice` is told that its lock was taken over.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / FILE).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another command is changing this environment: {_holder(lock) or 'it just began'}"
                "\nnext: wait until it has ended, then try again"
            ) from None
        dead = _holder(lock)
        if dead is not None:
            notice(f"took over the lock of a command that died: {dead}")
        _write(lock, json.dumps(asdict(Holder.this(command))))
        try:
            yield
        finally:
            _write(lock, "")


def _holder(lock: TextIO) -> Holder | None:
    """Return who is named in the lock; None when nobody is, or not yet."""
    lock.seek(0)
    try:
        return Holder(**json.loads(lock.read()))
    except (ValueError, TypeError):
        return None


def _write(lock: TextIO, text: str) -> None:
    lock.truncate(0)
    lock.write(text)
    lock.flush()
