"""Every database server of one laptop cloud, behind one thread-safe service.

What ``CreateDBCluster``, ``CreateDBInstance``, ``ModifyDBCluster`` and their deletions stand for.
A reader is a streaming replica (PostgreSQL manual, "Log-Shipping Standby Servers"); Aurora's
readers share the writer's storage, here a reader has a copy and a port of its own.
"""

import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.databases.account import server_account
from localcloud.databases.binaries import distribution_for, distributions
from localcloud.databases.certificates import CertificateAuthority
from localcloud.databases.connection import Endpoint
from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.fresh import FreshData
from localcloud.databases.host import Host
from localcloud.databases.workspace import WRITER_FOLDER, Workspace

if TYPE_CHECKING:
    from localcloud.databases.cluster import Cluster

# "Constraints" of DBClusterIdentifier in the Amazon RDS API reference.
_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*", re.IGNORECASE)
_IDENTIFIER_LENGTH = 63


@dataclass
class _Entry:
    """A cluster, absent until it is there, and the lock that lets one thread at it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    cluster: "Cluster | None" = None


class DatabaseServers:
    """The clusters below one folder. Several threads may use it; each cluster serves one at a time.

    Creating the service takes the folder over and discards what an earlier owner left in it. Every
    method raises DatabaseServerError, whose message ends with the server's log where one is
    involved.
    """

    def __init__(self, folder: Path, certificate_authority: CertificateAuthority) -> None:
        account = server_account()
        self._workspace = Workspace(folder.absolute(), account)
        self._authority = certificate_authority
        launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-launcher")
        self._host = Host(account, self._workspace.sockets, launcher)
        # A hidden folder: no cluster can have its name.
        self._fresh = FreshData(self._host, self._workspace.clusters / ".fresh")
        self._entries: dict[str, _Entry] = {}
        self._registry = threading.Lock()
        self._stopped = False

    def prepare(self) -> None:
        """Do ahead what the first clusters of every version would have to wait for."""
        for distribution in distributions():
            with self._registry:
                if self._stopped:
                    return
            self._fresh.prepare(distribution)

    def create_cluster(
        self,
        identifier: str,
        *,
        engine_version: str,
        database_name: str,
        master_username: str,
        master_password: str,
        parameters: Mapping[str, str],
    ) -> Endpoint:
        """Start a cluster's writer and return where it listens.

        ``engine_version`` chooses the server (see ``binaries``); ``parameters`` are those of the
        DB cluster's parameter group. When it fails, nothing but the log stays.
        """
        from localcloud.databases.cluster import Cluster  # with a driver, which loads slowly

        _require_identifier(identifier)
        distribution = distribution_for(engine_version)
        entry = _Entry()
        with entry.lock:
            self._register(identifier, entry)
            cluster = None
            try:
                cluster = Cluster(
                    identifier,
                    host=self._host,
                    fresh=self._fresh,
                    distribution=distribution,
                    folder=self._workspace.clusters / identifier,
                    logs=self._workspace.logs,
                    parameters=parameters,
                )
                cluster.create(
                    self._authority,
                    database_name=database_name,
                    master_username=master_username,
                    master_password=master_password,
                )
            except BaseException:
                self._forget(identifier)
                if cluster is not None:
                    cluster.delete(keep_logs=True)
                raise
            entry.cluster = cluster
            return cluster.writer.endpoint

    def add_reader(self, cluster_identifier: str, instance_identifier: str) -> Endpoint:
        """Start a reader, wait until it has caught up, and return where it listens."""
        _require_identifier(instance_identifier)
        if instance_identifier == WRITER_FOLDER:
            raise DatabaseServerError(f"a reader cannot be called {WRITER_FOLDER}")
        entry = self._entry(cluster_identifier)
        with entry.lock:
            return self._present(entry, cluster_identifier).add_reader(instance_identifier).endpoint

    def remove_reader(self, cluster_identifier: str, instance_identifier: str) -> None:
        """Stop a reader and remove its data and log."""
        entry = self._entry(cluster_identifier)
        with entry.lock:
            self._present(entry, cluster_identifier).remove_reader(instance_identifier)

    def set_master_password(self, cluster_identifier: str, password: str) -> None:
        """Change the master user's password; sessions that are open stay open."""
        entry = self._entry(cluster_identifier)
        with entry.lock:
            self._present(entry, cluster_identifier).set_master_password(password)

    def delete_cluster(self, identifier: str) -> None:
        """Stop a cluster's servers and remove their data and logs."""
        entry = self._entry(identifier)
        with entry.lock:
            self._present(entry, identifier).delete()
            entry.cluster = None
            self._forget(identifier)

    def read_log(self, host: str, port: int) -> str | None:
        """Return what the writer at this address has logged, None when no writer listens there."""
        with self._registry:
            clusters = [entry.cluster for entry in self._entries.values()]
        for cluster in clusters:
            if cluster is not None and cluster.writer.listens_at(host, port):
                return cluster.writer.log.read_text(encoding="utf-8", errors="replace")
        return None

    def stop_all(self) -> None:
        """Stop every server and let the folder go; data and logs stay. Harmless when repeated."""
        with self._registry:
            already, self._stopped = self._stopped, True
            entries = list(self._entries.values())
        if already:
            return
        try:
            with ThreadPoolExecutor(max_workers=max(1, len(entries))) as pool:
                list(pool.map(_stop, entries))
        finally:
            self._host.launcher.shutdown()
            self._workspace.close()

    def _register(self, identifier: str, entry: _Entry) -> None:
        with self._registry:
            if self._stopped:
                raise DatabaseServerError("the database servers have been stopped")
            if identifier in self._entries:
                raise DatabaseServerError(f"cluster {identifier} already exists")
            self._entries[identifier] = entry

    def _forget(self, identifier: str) -> None:
        with self._registry:
            self._entries.pop(identifier, None)

    def _entry(self, identifier: str) -> _Entry:
        with self._registry:
            if self._stopped:
                raise DatabaseServerError("the database servers have been stopped")
            try:
                return self._entries[identifier]
            except KeyError:
                raise DatabaseServerError(f"there is no cluster {identifier}") from None

    def _present(self, entry: _Entry, identifier: str) -> "Cluster":
        """Return the entry's cluster; another thread may have deleted it while we waited."""
        if entry.cluster is None:
            raise DatabaseServerError(f"there is no cluster {identifier}")
        return entry.cluster


def _stop(entry: _Entry) -> None:
    with entry.lock:
        if entry.cluster is not None:
            entry.cluster.stop()


def _require_identifier(identifier: str) -> None:
    if not _IDENTIFIER.fullmatch(identifier) or len(identifier) > _IDENTIFIER_LENGTH:
        raise DatabaseServerError(
            f"identifier {identifier!r} is not 1 to {_IDENTIFIER_LENGTH} letters, digits and "
            "single hyphens, beginning with a letter"
        )
