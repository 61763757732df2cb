"""DB clusters of the API that are real servers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
from botocore.exceptions import ClientError

from localcloud.control import CloudInfo
from tests.localcloud.conftest import eventually

Clients = Callable[[str], Any]

pytestmark = pytest.mark.postgres

PASSWORD = "first-password-1"


@pytest.fixture(scope="module")
def authority(cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that verifies the servers, from the secret that functions use."""
    from tests.localcloud.conftest import make_client

    secret = make_client(cloud, "secretsmanager").get_secret_value(
        SecretId="secret-certificate-authority-local"
    )
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    file.write_text(json.loads(secret["SecretString"])["pem"])
    return file


@pytest.fixture
def cluster(client: Clients) -> Iterator[str]:
    """The identifier of a cluster with a writer; everything of it is deleted afterwards."""
    rds = client("rds")
    name = f"cluster-{uuid4().hex[:8]}"
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=name,
        DBParameterGroupFamily="aurora-postgresql17",
        Description="d",
    )
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=name,
        Parameters=[
            {
                "ParameterName": "rds.logical_replication",
                "ParameterValue": "1",
                "ApplyMethod": "pending-reboot",
            }
        ],
    )
    created = rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        EngineVersion="17.4",
        DatabaseName="payments",
        MasterUsername="admin_user",
        MasterUserPassword=PASSWORD,
        DBClusterParameterGroupName=name,
    )["DBCluster"]
    assert created["Status"] == "creating"
    create_instance(rds, name, f"{name}-writer")
    yield name
    for member in describe(rds, name)["DBClusterMembers"]:
        rds.delete_db_instance(
            DBInstanceIdentifier=member["DBInstanceIdentifier"], SkipFinalSnapshot=True
        )
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)


def create_instance(rds: Any, cluster: str, name: str) -> Any:
    return rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )["DBInstance"]


def describe(rds: Any, cluster: str) -> Any:
    (described,) = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    return described


def query(
    authority: Path, host: str, port: int, statement: str, password: str = PASSWORD
) -> tuple[Any, ...]:
    with psycopg.connect(
        host=host,
        port=port,
        dbname="payments",
        user="admin_user",
        password=password,
        sslmode="verify-full",
        sslrootcert=str(authority),
        autocommit=True,
    ) as connection:
        cursor = connection.execute(statement)
        return (cursor.fetchone() or ()) if cursor.description else ()


def test_a_cluster_serves_its_database_and_a_reader_streams_from_it(
    client: Clients, cluster: str, authority: Path
) -> None:
    rds = client("rds")
    described = describe(rds, cluster)
    assert (described["Status"], described["Endpoint"]) == ("available", "localhost")
    writer = ("localhost", described["Port"])
    assert query(authority, *writer, "SHOW wal_level") == ("logical",)
    query(authority, *writer, "CREATE TABLE t AS SELECT 7 AS n")
    created = create_instance(rds, cluster, f"{cluster}-reader")
    assert created["DBInstanceStatus"] in ("creating", "available")
    instances = {
        instance["DBInstanceIdentifier"]: instance
        for instance in rds.describe_db_instances()["DBInstances"]
    }
    reader = instances[f"{cluster}-reader"]["Endpoint"]
    assert instances[f"{cluster}-writer"]["Endpoint"]["Port"] == described["Port"]
    assert reader["Port"] != described["Port"]
    assert query(authority, reader["Address"], reader["Port"], "SELECT n FROM t") == (7,)
    recovery = "SELECT pg_is_in_recovery()"
    assert query(authority, reader["Address"], reader["Port"], recovery) == (True,)


def test_the_master_password_is_really_changed(
    client: Clients, cluster: str, authority: Path
) -> None:
    rds = client("rds")
    port = describe(rds, cluster)["Port"]
    rds.modify_db_cluster(
        DBClusterIdentifier=cluster, MasterUserPassword="second-password", ApplyImmediately=True
    )
    assert describe(rds, cluster)["Port"] == port
    assert query(authority, "localhost", port, "SELECT 1", "second-password") == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(authority, "localhost", port, "SELECT 1")


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[int, str, str]:
    """Return the status, code and message with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    response: Any = refused.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def test_a_cluster_is_not_stopped_and_the_refusal_says_what_to_do_instead(
    client: Clients, cluster: str, authority: Path
) -> None:
    rds = client("rds")
    status, code, message = refusal(rds.stop_db_cluster, DBClusterIdentifier=cluster)
    assert (status, code) == (400, "NotImplemented")
    assert message.startswith("The laptop cloud does not implement rds:StopDBCluster. ")
    assert "delete the cluster, or end the whole laptop cloud" in message
    described = describe(rds, cluster)
    assert described["Status"] == "available"
    assert query(authority, "localhost", described["Port"], "SELECT 1") == (1,)


def test_a_cluster_that_runs_cannot_be_started_nor_one_stopped_that_is_not_there(
    client: Clients, cluster: str
) -> None:
    rds = client("rds")
    _, code, message = refusal(rds.start_db_cluster, DBClusterIdentifier=cluster)
    assert code == "InvalidDBClusterStateFault"
    assert f"{cluster} is in available state" in message
    for call in (rds.stop_db_cluster, rds.start_db_cluster):
        _, code, _ = refusal(call, DBClusterIdentifier="no-such-cluster")
        assert code == "DBClusterNotFoundFault"


def test_failover_and_restoring_are_refused_with_the_reason(client: Clients, cluster: str) -> None:
    rds = client("rds")
    name = f"{cluster}-restored"
    _, code, message = refusal(rds.failover_db_cluster, DBClusterIdentifier=cluster)
    assert (code, "has a copy of the data" in message) == ("NotImplemented", True)
    _, code, message = refusal(
        rds.restore_db_cluster_to_point_in_time,
        DBClusterIdentifier=name,
        SourceDBClusterIdentifier=cluster,
        UseLatestRestorableTime=True,
    )
    assert (code, "pg_restore" in message) == ("NotImplemented", True)
    with pytest.raises(ClientError, match="DBClusterNotFound"):
        rds.describe_db_clusters(DBClusterIdentifier=name)


def test_a_second_cluster_of_the_same_name_is_refused(client: Clients, cluster: str) -> None:
    with pytest.raises(ClientError, match="DBClusterAlreadyExistsFault"):
        client("rds").create_db_cluster(
            DBClusterIdentifier=cluster,
            Engine="aurora-postgresql",
            MasterUsername="admin_user",
            MasterUserPassword=PASSWORD,
        )


def test_a_server_that_does_not_start_fails_its_creation_with_the_reason(client: Clients) -> None:
    rds = client("rds")
    name = f"cluster-{uuid4().hex[:8]}"
    with pytest.raises(ClientError) as refused:
        rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            EngineVersion="17.4",
            DatabaseName="payments",
            MasterUsername="pg_reserved",
            MasterUserPassword=PASSWORD,
        )
    assert refused.value.response["Error"]["Code"] == "LaptopCloudDatabaseError"
    assert "pg_reserved" in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="DBClusterNotFound"):
        rds.describe_db_clusters(DBClusterIdentifier=name)


@pytest.mark.parametrize("version", ["9.6", "10.21", "19.1", "banana"])
def test_a_version_that_aurora_does_not_have_is_refused_and_starts_nothing(
    client: Clients, cloud: CloudInfo, version: str
) -> None:
    rds = client("rds")
    name = f"cluster-{uuid4().hex[:8]}"
    with pytest.raises(ClientError) as refused:
        rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            EngineVersion=version,
            MasterUsername="admin_user",
            MasterUserPassword=PASSWORD,
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterCombination"
    assert error["Message"] == f"Cannot find version {version} for aurora-postgresql"
    with pytest.raises(ClientError, match="DBClusterNotFound"):
        rds.describe_db_clusters(DBClusterIdentifier=name)
    words = [process.cmdline() for process in psutil.Process(cloud.pid).children(recursive=True)]
    assert not [command for command in words if any(name in word for word in command)]


def test_a_deleted_cluster_stops_listening(client: Clients, authority: Path) -> None:
    rds = client("rds")
    name = f"cluster-{uuid4().hex[:8]}"
    rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        EngineVersion="17.4",
        DatabaseName="payments",
        MasterUsername="admin_user",
        MasterUserPassword=PASSWORD,
    )
    port = describe(rds, name)["Port"]
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)

    def refused() -> bool:
        try:
            query(authority, "localhost", port, "SELECT 1")
        except psycopg.OperationalError:
            return True
        return False

    eventually(refused)
