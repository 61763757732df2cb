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
from pathlib import Path

from deploy.engines.embedded.backend import ORGANIZATION
from deploy.engines.embedded.errors import LockedError
from deploy.engines.embedded.state import timestamp
from deploy.engines.lock_holder import LockHolder


@contextmanager
def hold(root: Path, project: str, stack: str, notice: Callable[[str], None]) -> Iterator[None]:
    """Hold a stack's lock. Raises LockedError at once when a living process has it.

    `notice` is called for each lock that is taken over from a process that died.
    """
    folder = _folder(root, project, stack)
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{uuid.uuid4()}.json"
    _write(own)
    try:
        _refuse_if_held(folder, own, f"{project}/{stack}", notice)
        yield
    finally:
        own.unlink(missing_ok=True)


def take_over_dead(root: Path, project: str, stack: str, notice: Callable[[str], None]) -> None:
    """Remove the locks of processes that died. Raises LockedError when a living one has a lock.

    `notice` is called for each lock that is taken over.
    """
    _refuse_if_held(_folder(root, project, stack), None, f"{project}/{stack}", notice)


def _folder(root: Path, project: str, stack: str) -> Path:
    return root / ".pulumi" / "locks" / ORGANIZATION / project / stack


def _refuse_if_held(
    folder: Path, own: Path | None, name: str, notice: Callable[[str], None]
) -> None:
    for file in sorted(folder.glob("*.json")):
        if file == own:
            continue
        holder = _read(file)
        if holder is None and file.exists():
            raise LockedError(f"stack {name} has an unreadable lock: remove {file}")
        if holder is None:
            continue
        if not holder.dead:
            raise LockedError(
                f"stack {name} is locked by {holder}. Wait until that run has ended; "
                f"if it no longer runs, remove {file}"
            )
        file.unlink(missing_ok=True)
        notice(f"took over the lock of a run that died: {holder}")


def _read(file: Path) -> LockHolder | None:
    """Return the holder in a lock's file; None when it was released meanwhile or makes no sense."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return LockHolder(
            int(content["pid"]),
            str(content["username"]),
            str(content["hostname"]),
            str(content["timestamp"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
