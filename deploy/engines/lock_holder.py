"""Who holds a stack's lock, and whether that process still lives."""

import socket
from dataclasses import dataclass
from datetime import datetime

import psutil

_CLOCK_TOLERANCE = 2.0
"""Seconds by which a process may seem younger than the lock that it wrote."""


@dataclass(frozen=True)
class LockHolder:
    """The process that wrote a lock, as the lock says; `since` is ISO 8601 (RFC 3339)."""

    pid: int
    user: str
    host: str
    since: str

    @property
    def dead(self) -> bool:
        """Whether its process is known to be gone: on this host, not running, or a younger one."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True  # it ended; nobody has asked for its exit status yet
            started = process.create_time()
            locked = datetime.fromisoformat(self.since).timestamp()
        except psutil.NoSuchProcess:
            return True
        except ValueError:
            return False
        return started > locked + _CLOCK_TOLERANCE

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host} since {self.since}"
