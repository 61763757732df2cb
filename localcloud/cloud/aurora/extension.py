"""Gives the DB clusters of moto's RDS their servers (engine ``aurora-postgresql``).

CreateDBCluster and CreateDBInstance answer when the server is up, so that their caller sees why
it is not: other callers see ``creating`` meanwhile. A reader has a port of its own, which
DescribeDBInstances tells; what a server here cannot do (failover, restore, stop, reboot) is refused
with the reason and what to do instead. Also repaired: a second cluster of the same name, unknown
parameter groups and the default one.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.rds.exceptions import (
    DBClusterParameterGroupNotFoundError,
    InvalidDBClusterStateFault,
    RDSClientError,
)
from moto.rds.models import DBCluster, DBInstanceClustered, RDSBackend

from localcloud.cloud.aurora.hosting import ENGINE, Hosting
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.patching import wrap, wrap_property
from localcloud.databases import DatabaseServerError
from localcloud.databases.binaries import is_supported

Stock = Callable[..., Any]

_NOTHING_TO_RESTORE = (
    "Snapshots and backups have no data here: create a cluster, and copy the data into it with"
    " pg_dump and pg_restore."
)
_REFUSED = {
    "failover_db_cluster": (
        "A reader here has a copy of the data and follows the writer for good: connect to the"
        " reader's own port to read from it."
    ),
    "restore_db_cluster_from_snapshot": _NOTHING_TO_RESTORE,
    "restore_db_cluster_to_point_in_time": _NOTHING_TO_RESTORE,
}
_RUNS_UNTIL_DELETED = (
    "The servers of a cluster run for as long as it exists: delete the cluster, or end the whole"
    " laptop cloud with `invoke local-stop`. Neither keeps the data."
)


class ServerError(RDSClientError):
    """A server did not do what it was asked; the message ends with the last lines of its log."""

    def __init__(self, error: Exception) -> None:
        super().__init__("LaptopCloudDatabaseError", str(error))


def install(hosting: Hosting) -> None:
    """Give moto's clusters and instances their servers."""
    operations = _Operations(hosting)
    wrap(RDSBackend, "create_db_cluster", operations.create_cluster)
    wrap(RDSBackend, "modify_db_cluster", operations.modify_cluster)
    wrap(RDSBackend, "delete_db_cluster", operations.delete_cluster)
    wrap(RDSBackend, "create_db_instance", operations.create_instance)
    wrap(RDSBackend, "delete_db_instance", operations.delete_instance)
    wrap(RDSBackend, "stop_db_cluster", operations.stop_cluster)
    for name, reason in _REFUSED.items():
        wrap(RDSBackend, name, _refusing(reason))
    wrap(RDSBackend, "reboot_db_instance", operations.reboot_instance)
    properties = _Properties(hosting)
    wrap_property(DBCluster, "status", properties.cluster_status)
    wrap_property(DBCluster, "endpoint", properties.cluster_host)
    wrap_property(DBCluster, "reader_endpoint", properties.cluster_host)
    wrap_property(DBInstanceClustered, "address", properties.instance_host)


class _Operations:
    """The actions that start, change and stop servers."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting

    def create_cluster(self, stock: Stock, backend: RDSBackend, kwargs: Any) -> DBCluster:
        identifier = kwargs["db_cluster_identifier"].lower()
        if identifier in backend.clusters:
            raise RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
        group = kwargs.get("db_cluster_parameter_group_name")
        if group and group not in backend.db_cluster_parameter_groups and "default." not in group:
            raise DBClusterParameterGroupNotFoundError(group)
        _require_engine_version(kwargs)
        cluster: DBCluster = stock(backend, kwargs)
        if cluster.engine != ENGINE:
            return cluster
        if not group:
            major = cluster.engine_version.split(".")[0]
            cluster.parameter_group = f"default.{ENGINE}{major}"
        try:
            with LOCK.released():
                endpoint = self._hosting.start_cluster(
                    identifier,
                    engine_version=cluster.engine_version,
                    database_name=cluster.database_name or "postgres",
                    master_username=cluster.master_username or "postgres",
                    master_password=_master_password(cluster),
                    parameters=_parameters(backend, cluster.parameter_group),
                )
        except DatabaseServerError as error:
            backend.clusters.pop(identifier, None)
            raise ServerError(error) from error
        cluster.port = endpoint.port
        return cluster

    def modify_cluster(self, stock: Stock, backend: RDSBackend, kwargs: Any) -> Any:
        identifier = kwargs["db_cluster_identifier"]
        if identifier not in backend.clusters or not self._hosting.hosts(identifier):
            return stock(backend, kwargs)
        self._require_ready(identifier)
        if kwargs.get("new_db_cluster_identifier"):
            raise NotImplementedError("An Aurora cluster cannot be renamed here.")
        cluster = backend.clusters[identifier]
        password = kwargs.get("master_user_password")
        if password:
            cluster.master_user_password = password  # moto checks it, and would lose the cluster
        port = cluster.port
        try:
            answer = stock(backend, kwargs)
        finally:
            backend.clusters[identifier] = cluster
            cluster.port = port
        if password:
            self._change_password(identifier, password)
        answer.port = port
        return answer

    def delete_cluster(
        self, stock: Stock, backend: RDSBackend, cluster_identifier: str, *others: Any, **more: Any
    ) -> Any:
        if cluster_identifier in backend.clusters and self._hosting.hosts(cluster_identifier):
            self._require_ready(cluster_identifier)
        answer = stock(backend, cluster_identifier, *others, **more)
        answer.status = "deleting"
        with LOCK.released():
            self._hosting.remove_cluster(cluster_identifier)
        return answer

    def stop_cluster(self, stock: Stock, backend: RDSBackend, cluster_identifier: str) -> Any:
        # No cluster with servers is ever stopped, so moto answers StartDBCluster as AWS does.
        if cluster_identifier in backend.clusters and self._hosting.hosts(cluster_identifier):
            raise NotImplementedError(_RUNS_UNTIL_DELETED)
        return stock(backend, cluster_identifier)

    def create_instance(self, stock: Stock, backend: RDSBackend, kwargs: Any) -> Any:
        identifier = (kwargs.get("db_cluster_identifier") or "").lower()
        hosted = self._hosting.hosts(identifier)
        if hosted:
            self._require_ready(identifier)
        instance = stock(backend, kwargs)
        if not hosted:
            return instance
        name = instance.db_instance_identifier
        if not instance.is_cluster_writer:
            self._start_reader(backend, instance, identifier)
        endpoint = self._hosting.instance_endpoint(identifier, name)
        assert endpoint is not None
        instance.port = endpoint.port
        return instance

    def delete_instance(
        self,
        stock: Stock,
        backend: RDSBackend,
        db_instance_identifier: str,
        *rest: Any,
        **more: Any,
    ) -> Any:
        instance = stock(backend, db_instance_identifier, *rest, **more)
        instance.status = "deleting"
        if isinstance(instance, DBInstanceClustered):
            with LOCK.released():
                self._hosting.remove_instance(
                    instance.db_cluster_identifier, instance.db_instance_identifier
                )
        return instance

    def reboot_instance(
        self, stock: Stock, backend: RDSBackend, db_instance_identifier: str
    ) -> Any:
        instance = backend.databases.get(db_instance_identifier)
        if isinstance(instance, DBInstanceClustered):
            raise NotImplementedError("Instances of Aurora clusters cannot be rebooted here.")
        return stock(backend, db_instance_identifier)

    def _start_reader(self, backend: RDSBackend, instance: Any, cluster: str) -> None:
        name = instance.db_instance_identifier
        instance.status = "creating"
        try:
            with LOCK.released():
                self._hosting.start_reader(cluster, name)
        except DatabaseServerError as error:
            backend.databases.pop(name, None)
            raise ServerError(error) from error
        instance.status = "available"

    def _change_password(self, cluster: str, password: str) -> None:
        try:
            with LOCK.released():
                self._hosting.set_master_password(cluster, password)
        except DatabaseServerError as error:
            raise ServerError(error) from error

    def _require_ready(self, cluster: str) -> None:
        if not self._hosting.is_ready(cluster):
            message = f"DB cluster {cluster} is not in an available state: its server is starting"
            raise InvalidDBClusterStateFault(message)


class _Properties:
    """What Describe tells of clusters and instances that have servers."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting

    def cluster_status(self, stock: Stock, cluster: DBCluster) -> str:
        identifier = cluster.db_cluster_identifier
        if self._hosting.hosts(identifier) and not self._hosting.is_ready(identifier):
            return "creating"
        return str(stock(cluster))

    def cluster_host(self, stock: Stock, cluster: DBCluster) -> str:
        endpoint = self._hosting.endpoint(cluster.db_cluster_identifier)
        return endpoint.host if endpoint is not None else str(stock(cluster))

    def instance_host(self, stock: Stock, instance: DBInstanceClustered) -> str:
        cluster, name = instance.db_cluster_identifier, instance.db_instance_identifier
        endpoint = self._hosting.instance_endpoint(cluster, name)
        return endpoint.host if endpoint is not None else str(stock(instance))


def _require_engine_version(kwargs: dict[str, Any]) -> None:
    """Refuse a version that Aurora PostgreSQL never had, as CreateDBCluster does."""
    version = kwargs.get("engine_version")
    if kwargs.get("engine") == ENGINE and version and not is_supported(version):
        raise RDSClientError(
            "InvalidParameterCombination", f"Cannot find version {version} for {ENGINE}"
        )


def _refusing(reason: str) -> Callable[..., None]:
    def refuse(*_: Any, **__: Any) -> None:
        raise NotImplementedError(reason)

    return refuse


def _parameters(backend: RDSBackend, group_name: str) -> dict[str, str]:
    """Return the parameters that a cluster parameter group sets, by name."""
    group = backend.db_cluster_parameter_groups.get(group_name)
    if group is None:
        return {}
    return {
        name: str(parameter["ParameterValue"])
        for name, parameter in group.parameters.items()
        if parameter.get("ParameterValue") is not None
    }


def _master_password(cluster: DBCluster) -> str:
    """Return the master password: given, or made and kept in Secrets Manager by RDS."""
    if not cluster.manage_master_user_password:
        return str(cluster._master_user_password)  # noqa: SLF001 - moto's getter refuses
    backend = cluster.backend.secretsmanager
    secret = backend.get_secret_value(cluster.master_user_secret.secret.arn, "", "AWSCURRENT")
    return str(json.loads(secret["SecretString"])["password"])
