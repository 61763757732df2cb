"""The daemon's process and its descendants, as the operating system's process table has them."""

import contextlib
import os
import time

import psutil

_STOP_SECONDS = 20.0
_KILL_SECONDS = 5.0
_POLL_SECONDS = 0.02
_DAEMON_MODULE = "localcloud.daemon"


def is_daemon(pid: int) -> bool:
    """Return whether this process lives and is a daemon: a pid may be another program's by now."""
    return _daemon(pid) is not None


def end_daemon(pid: int) -> list[int] | None:
    """End a daemon and everything that it started, the hard way if need be.

    Returns the processes that survive even that, or None when there is no such daemon.
    """
    daemon = _daemon(pid)
    if daemon is None:
        return None
    family = [daemon, *_descendants(daemon)]
    with contextlib.suppress(psutil.NoSuchProcess):
        daemon.terminate()
    alive = _wait(family, _STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    alive = _wait(alive, _KILL_SECONDS)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return [process.pid for process in alive]


def _daemon(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        if not _lives(process):
            return None
        return process if _DAEMON_MODULE in process.cmdline() else None
    except psutil.NoSuchProcess:
        return None


def _lives(process: psutil.Process) -> bool:
    """Return whether a process runs; one that ended may wait for another parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until these processes have ended; return those that have not in time."""
    deadline = time.monotonic() + seconds
    while True:
        alive = [process for process in processes if _lives(process)]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(_POLL_SECONDS)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []
