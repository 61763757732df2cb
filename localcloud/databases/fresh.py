"""Data directories that initdb has made ahead: half of what a new cluster takes is initdb.

Each is used for one cluster and then gone: two clusters never share a system identifier, which a
copied directory would bring with it (PostgreSQL manual, pg_control_system()).
"""

import threading
from collections import defaultdict
from pathlib import Path

from localcloud.databases.binaries import Distribution
from localcloud.databases.host import Host
from localcloud.databases.parameters import ADMINISTRATOR

_OPTIONS = ("--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8")


class FreshData:
    """Data directories below one folder, one ahead a distribution. Several threads may use it."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._host = host
        self._folder = folder
        self._guard = threading.Lock()
        self._locks: defaultdict[Distribution, threading.Lock] = defaultdict(threading.Lock)
        self._ready: dict[Distribution, Path] = {}

    def prepare(self, distribution: Distribution) -> None:
        """Make a directory ahead, unless there is one. Raises DatabaseServerError."""
        with self._lock(distribution):
            if distribution in self._ready:
                return
            if not self._folder.exists():
                self._folder.mkdir()
                self._host.account.own(self._folder)
            data = self._folder / distribution.version
            self._initdb(distribution, data)
            self._ready[distribution] = data

    def take(self, distribution: Distribution, data: Path) -> None:
        """Put a new data directory at ``data``; waits for one that is being made.

        Raises DatabaseServerError.
        """
        with self._lock(distribution):
            ready = self._ready.pop(distribution, None)
        if ready is None:
            self._initdb(distribution, data)
        else:
            ready.rename(data)

    def _lock(self, distribution: Distribution) -> threading.Lock:
        with self._guard:
            return self._locks[distribution]

    def _initdb(self, distribution: Distribution, data: Path) -> None:
        words = [distribution.program("initdb"), "--pgdata", str(data), *_OPTIONS]
        self._host.run(distribution, [*words, f"--username={ADMINISTRATOR}", "--auth=trust"])
