"""Which clusters and instances of the API are which servers, and in what state they are."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud.databases import DatabaseServers, Endpoint

ENGINE = "aurora-postgresql"


@dataclass
class HostedCluster:
    """A cluster's servers. `endpoint` is None until the writer is up; readers by instance."""

    endpoint: Endpoint | None = None
    readers: dict[str, Endpoint] = field(default_factory=dict)
    starting: set[str] = field(default_factory=set)


class Hosting:
    """The servers behind the API. Raises DatabaseServerError when a server does not start."""

    def __init__(self, servers: DatabaseServers) -> None:
        self._servers = servers
        self._lock = threading.Lock()
        self._clusters: dict[str, HostedCluster] = {}

    def start_cluster(
        self,
        identifier: str,
        *,
        engine_version: str,
        database_name: str,
        master_username: str,
        master_password: str,
        parameters: Mapping[str, str],
    ) -> Endpoint:
        """Start a cluster's writer and wait for it."""
        with self._lock:
            hosted = self._clusters[identifier] = HostedCluster()
        try:
            hosted.endpoint = self._servers.create_cluster(
                identifier,
                engine_version=engine_version,
                database_name=database_name,
                master_username=master_username,
                master_password=master_password,
                parameters=parameters,
            )
        except BaseException:
            with self._lock:
                del self._clusters[identifier]
            raise
        return hosted.endpoint

    def start_reader(self, cluster: str, instance: str) -> Endpoint:
        """Start a reader and wait until it streams."""
        hosted = self._clusters[cluster]
        with self._lock:
            hosted.starting.add(instance)
        try:
            endpoint = self._servers.add_reader(cluster, instance)
            with self._lock:
                hosted.readers[instance] = endpoint
        finally:
            with self._lock:
                hosted.starting.discard(instance)
        return endpoint

    def endpoint(self, cluster: str) -> Endpoint | None:
        """Return where the writer listens, or None when it does not yet, or is not hosted."""
        hosted = self._clusters.get(cluster)
        return hosted.endpoint if hosted is not None else None

    def instance_endpoint(self, cluster: str, instance: str) -> Endpoint | None:
        """Return where an instance listens: its own reader, or else the cluster's writer."""
        hosted = self._clusters.get(cluster)
        if hosted is None or instance in hosted.starting:
            return None
        return hosted.readers.get(instance, hosted.endpoint)

    def hosts(self, cluster: str) -> bool:
        """Return whether this cluster has a server, or one that is starting."""
        return cluster in self._clusters

    def is_ready(self, cluster: str, instance: str | None = None) -> bool:
        """Return whether the writer, or the instance's server, is up."""
        if instance is not None:
            return self.instance_endpoint(cluster, instance) is not None
        return self.endpoint(cluster) is not None

    def set_master_password(self, cluster: str, password: str) -> None:
        """Change the master user's password on the server."""
        self._servers.set_master_password(cluster, password)

    def remove_instance(self, cluster: str, instance: str) -> None:
        """Stop an instance's reader, if it has one."""
        hosted = self._clusters.get(cluster)
        if hosted is not None and hosted.readers.pop(instance, None) is not None:
            self._servers.remove_reader(cluster, instance)

    def remove_cluster(self, cluster: str) -> None:
        """Stop and remove a cluster's servers."""
        with self._lock:
            hosted = self._clusters.pop(cluster, None)
        if hosted is not None:
            self._servers.delete_cluster(cluster)
