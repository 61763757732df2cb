"""One command at a time changes an environment."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import UsageError


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the environment's command lock for the block.

    Raises UsageError at once when another command holds it, with that command's process id. The
    lock goes with the process that holds it, however it ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "command.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UsageError(
                f"another command (process {lock.read().strip() or 'unknown'}) is changing this "
                "environment\nnext: wait until it has ended, then try again"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
