"""What the orchestrator asks of the laptop cloud about its databases, on a real cluster."""

import contextlib
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.control import CloudInfo, DatabaseAddress, LaptopCloud, LaptopCloudError
from tests.localcloud.conftest import make_client

pytestmark = pytest.mark.postgres

STATE = """
    select (select string_agg(oid::text, ',' order by oid) from pg_class
             where relnamespace = 'payments'::regnamespace),
           (select rolpassword from pg_authid where rolname = 'payments_app'),
           (select count(*) from payments.payments)
"""


TABLES = """
    select string_agg(relname::text || relkind::text, ',' order by relname) from pg_class
     where relnamespace = 'payments'::regnamespace
"""


@pytest.fixture(scope="module")
def source(cloud: CloudInfo) -> Iterator[DatabaseAddress]:
    """An empty source cluster, made with the master credentials that its secret holds."""
    with cluster(cloud, "source") as address:
        yield address


@pytest.fixture(scope="module")
def target(cloud: CloudInfo) -> Iterator[DatabaseAddress]:
    """An empty target cluster."""
    with cluster(cloud, "target") as address:
        yield address


@contextlib.contextmanager
def cluster(cloud: CloudInfo, side: str) -> Iterator[DatabaseAddress]:
    """Make one side's cluster, and delete it in the end."""
    secrets, rds = make_client(cloud, "secretsmanager"), make_client(cloud, "rds")

    def secret(name: str) -> dict[str, str]:
        value: dict[str, str] = json.loads(
            secrets.get_secret_value(SecretId=f"{name}-local")["SecretString"]
        )
        return value

    master = secret(f"secret-{side}-master")
    rds.create_db_cluster(
        DBClusterIdentifier=f"prepared-{side}",
        Engine="aurora-postgresql",
        EngineVersion="16.6",
        DatabaseName="payments",
        MasterUsername=master["username"],
        MasterUserPassword=master["password"],
    )
    (made,) = rds.describe_db_clusters(DBClusterIdentifier=f"prepared-{side}")["DBClusters"]
    yield DatabaseAddress(
        host=made["Endpoint"],
        port=made["Port"],
        database="payments",
        username=master["username"],
        password=master["password"],
        certificate_authority=secret("secret-certificate-authority")["pem"],
    )
    rds.delete_db_cluster(DBClusterIdentifier=f"prepared-{side}", SkipFinalSnapshot=True)


@pytest.fixture
def prepared(laptop_cloud: LaptopCloud, source: DatabaseAddress) -> DatabaseAddress:
    prepare(laptop_cloud, source)
    return source


def prepare(laptop_cloud: LaptopCloud, address: DatabaseAddress, side: str = "source") -> None:
    laptop_cloud.prepare_database(side, address.host, address.port, address.database)


def psql(laptop_cloud: LaptopCloud, address: DatabaseAddress, folder: Path, query: str) -> str:
    """Run a query with the bundled psql, as ``invoke psql`` does."""
    authority = folder / "authority.pem"
    authority.write_text(address.certificate_authority)
    binary, library_environment = laptop_cloud.psql()
    return subprocess.run(
        [str(binary), "--no-psqlrc", "--tuples-only", "--no-align", "--command", query],
        env={
            **os.environ,
            **library_environment,
            "PGHOST": address.host,
            "PGPORT": str(address.port),
            "PGDATABASE": address.database,
            "PGUSER": address.username,
            "PGPASSWORD": address.password,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(authority),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_preparing_again_changes_nothing(
    laptop_cloud: LaptopCloud, prepared: DatabaseAddress, tmp_path: Path
) -> None:
    before = psql(laptop_cloud, prepared, tmp_path, STATE)
    assert "SCRAM-SHA-256$" in before
    prepare(laptop_cloud, prepared)
    assert psql(laptop_cloud, prepared, tmp_path, STATE) == before


def test_the_target_has_the_same_schema_and_no_row(
    laptop_cloud: LaptopCloud, prepared: DatabaseAddress, target: DatabaseAddress, tmp_path: Path
) -> None:
    prepare(laptop_cloud, target, "target")
    prepare(laptop_cloud, target, "target")

    assert psql(laptop_cloud, target, tmp_path, TABLES) == psql(
        laptop_cloud, prepared, tmp_path, TABLES
    )
    accounts = "select count(*) from payments.accounts"
    assert psql(laptop_cloud, target, tmp_path, accounts) == "0"
    assert int(psql(laptop_cloud, prepared, tmp_path, accounts)) > 0


def test_seeding_adds_payments_and_says_how_many_and_how_fast(
    laptop_cloud: LaptopCloud, prepared: DatabaseAddress, tmp_path: Path
) -> None:
    count = "select count(*) from payments.payments"
    before = int(psql(laptop_cloud, prepared, tmp_path, count))
    notified: list[int] = []
    sentence = laptop_cloud.seed_payments(prepared, 1_200, notified.append)
    assert notified == [1_200]
    assert int(psql(laptop_cloud, prepared, tmp_path, count)) == before + 1_200
    assert re.fullmatch(
        r"added 1,200 payments with 2,400 ledger entries in \d+\.\d s \([\d,]+ payments/s\)",
        sentence,
    )


def test_a_database_without_the_schema_is_not_seeded_and_the_error_says_what_to_do(
    laptop_cloud: LaptopCloud, source: DatabaseAddress
) -> None:
    empty = replace(source, database="postgres")
    with pytest.raises(LaptopCloudError, match=r"no schema payments(.|\n)*invoke deploy-all"):
        laptop_cloud.seed_payments(empty, 1, lambda _: None)


def test_a_database_that_cannot_be_reached_is_told_with_what_to_do(
    laptop_cloud: LaptopCloud, source: DatabaseAddress
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nowhere = replace(source, port=port)
    with pytest.raises(LaptopCloudError, match=r"cannot be reached(.|\n)*invoke deploy-all"):
        laptop_cloud.seed_payments(nowhere, 1, lambda _: None)
    with pytest.raises(LaptopCloudError, match=r"cannot be reached(.|\n)*invoke deploy-all"):
        prepare(laptop_cloud, nowhere)


def test_preparing_without_a_cloud_says_so(tmp_path: Path, source: DatabaseAddress) -> None:
    with pytest.raises(LaptopCloudError, match=r"not running(.|\n)*invoke deploy-all"):
        prepare(LaptopCloud(tmp_path), source)


def test_a_password_is_not_in_an_addresss_representation(source: DatabaseAddress) -> None:
    assert source.password not in repr(source)
