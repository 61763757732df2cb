"""The second Ctrl-C: end now, with everything that this command started, and say what is left."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import psutil

from deploy.events import ResourceEvent

INTERRUPTED = 130


def what_may_be_left(under_way: Mapping[str, Sequence[ResourceEvent]], again: str) -> str:
    """Return what to tell someone who stopped a run: unfinished operations, and the way on."""
    lines = ["stopped at once: running operations were not waited for"]
    for layer, events in under_way.items():
        lines += [
            f"  {layer}: may be half done: {event.operation} {event.name} ({event.type})"
            for event in events
        ]
    if under_way:
        lines.append("  they are in the cloud or not; the state names them as under way")
    lines += [
        "  this run's locks name a process that is gone: the next run takes them over",
        f"next: {again}",
        "      (finds out what became of them, and goes on where this run was)",
    ]
    return "\n".join(lines)


def abandon(message: Callable[[], str], spared: Callable[[], int | None]) -> NoReturn:
    """End this process at once with status 130, and with it what it started.

    Called by a signal handler, which may have interrupted a thread that holds any lock: so
    nothing is waited for, and the message is made in a thread that is given a second. `spared` is
    the process id of what shall go on: the laptop cloud, which a command may have started.
    """
    told = threading.Thread(
        target=lambda: os.write(sys.stderr.fileno(), message().encode() + b"\n")
    )
    told.daemon = True
    told.start()
    told.join(timeout=1.0)
    keep = spared()
    for process in psutil.Process().children():
        if process.pid != keep:
            _kill(process)
    os._exit(INTERRUPTED)


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for started in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                started.kill()
