"""Clusters that all tests of DMS share, and their databases, empty for each."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from localcloud.control import CloudInfo
from tests.localcloud.cloud.database_migration.support import (
    DATABASE,
    MASTER,
    PASSWORD,
    Clusters,
    Pair,
)
from tests.localcloud.conftest import make_client

Clients = Callable[[str], Any]

_SIDES = {"source": ("14.6", "1"), "target": ("17.4", "1"), "physical": ("14.6", "0")}


@pytest.fixture(scope="session")
def clients(cloud: CloudInfo) -> Iterator[Clients]:
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = make_client(cloud, service)
        return made[service]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def clusters(clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    rds, secrets = clients("rds"), clients("secretsmanager")
    secret = secrets.get_secret_value(SecretId="secret-certificate-authority-local")
    certificate = tmp_path_factory.mktemp("authority") / "ca.pem"
    certificate.write_text(json.loads(secret["SecretString"])["pem"])
    names = {side: f"dms-{side}-{uuid4().hex[:6]}" for side in _SIDES}
    with ThreadPoolExecutor() as pool:
        ports = dict(
            zip(
                _SIDES,
                pool.map(lambda side: _create(rds, side, names[side]), _SIDES),
                strict=True,
            )
        )
    yield Clusters(ports, certificate)
    for name in names.values():
        rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)


def _create(rds: Any, side: str, name: str) -> int:
    version, logical = _SIDES[side]
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=name,
        DBParameterGroupFamily=f"aurora-postgresql{version.split('.')[0]}",
        Description="d",
    )
    # Workers that failed are started again soon, so that no test waits for the usual 5 s.
    parameters = {"rds.logical_replication": logical, "wal_retrieve_retry_interval": "200"}
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=name,
        Parameters=[
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for key, value in parameters.items()
        ],
    )
    rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        EngineVersion=version,
        DatabaseName=DATABASE,
        MasterUsername=MASTER,
        MasterUserPassword=PASSWORD,
        DBClusterParameterGroupName=name,
    )
    (described,) = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
    return int(described["Port"])


@pytest.fixture(scope="session")
def instance(clients: Clients) -> str:
    made = clients("dms").create_replication_instance(
        ReplicationInstanceIdentifier=f"instance-{uuid4().hex[:8]}",
        ReplicationInstanceClass="dms.t3.medium",
    )
    return str(made["ReplicationInstance"]["ReplicationInstanceArn"])


@pytest.fixture
def pair(clients: Clients, clusters: Clusters, instance: str) -> Iterator[Pair]:
    """Both databases, empty; afterwards the test's tasks and tables are removed."""
    with (
        clusters.settings("source", DATABASE).connect(autocommit=True) as source,
        clusters.settings("target", DATABASE).connect(autocommit=True) as target,
    ):
        name = f"test{uuid4().hex[:12]}"
        made = Pair(clusters, clients, name, DATABASE, instance, source, target)
        yield made
        for task in list(made.tasks):
            made.delete(task)
        for side in (source, target):
            side.execute("DROP SCHEMA IF EXISTS public, payments CASCADE")
            side.execute("CREATE SCHEMA public")
            side.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
