"""Who gets in, and how: the shared clusters through the eyes of their clients."""

import os
import ssl
import subprocess
from pathlib import Path

import pg8000.dbapi
import psycopg
import pytest

from localcloud.databases import CertificateAuthority
from localcloud.databases.binaries import psql_environment, psql_path
from tests.localcloud.databases.support import DATABASE, MASTER, PASSWORD, Service

pytestmark = pytest.mark.postgres


def test_two_clusters_of_different_majors_run_different_servers(service: Service) -> None:
    versions = []
    for endpoint in (service.source, service.target):
        with service.settings(endpoint).connect() as connection:
            versions.append(connection.info.server_version)
    assert versions == [170010, 180001]


def test_a_verified_client_is_encrypted_and_knows_no_superuser(service: Service) -> None:
    with service.settings(service.source).connect() as connection:
        row = connection.execute(
            "SELECT ssl, version, current_setting('is_superuser') FROM pg_stat_ssl"
            " WHERE pid = pg_backend_pid()"
        ).fetchone()
    assert row == (True, "TLSv1.3", "off")


def test_a_wrong_password_is_refused(service: Service) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        service.settings(service.source, password="wrong").connect()


def test_a_plaintext_connection_is_refused(service: Service) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(
            host=service.source.host,
            port=service.source.port,
            dbname=DATABASE,
            user=MASTER,
            password=PASSWORD,
            sslmode="disable",
        )


def test_a_client_that_trusts_another_authority_refuses_the_server(
    service: Service, tmp_path: Path
) -> None:
    CertificateAuthority.create(tmp_path)
    settings = service.settings(service.source)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.dbname,
            user=settings.user,
            password=settings.password,
            sslmode="verify-full",
            sslrootcert=str(tmp_path / "ca.pem"),
        )


def test_a_pure_python_driver_verifies_the_server_with_an_ssl_context(service: Service) -> None:
    connection = pg8000.dbapi.connect(
        user=MASTER,
        host=service.target.host,
        port=service.target.port,
        database=DATABASE,
        password=PASSWORD,
        ssl_context=ssl.create_default_context(cadata=service.authority.pem),
    )
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == [MASTER]
        cursor.close()
    finally:
        connection.close()


def test_psql_reaches_a_cluster_with_the_same_settings(service: Service) -> None:
    printed = subprocess.run(
        [psql_path(), "--no-psqlrc", "--tuples-only", "--no-align", "--command=SHOW ssl"],
        env={
            **os.environ,
            **psql_environment(),
            "PGHOST": service.source.host,
            "PGPORT": str(service.source.port),
            "PGDATABASE": DATABASE,
            "PGUSER": MASTER,
            "PGPASSWORD": PASSWORD,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(service.certificate_file),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "on\n"


def test_the_server_keeps_a_scram_verifier_not_the_password(service: Service) -> None:
    with service.settings(service.source).connect() as connection:
        row = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (MASTER,)
        ).fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$4096:")


def test_the_administrator_cannot_come_in_through_the_network(service: Service) -> None:
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        psycopg.connect(
            host=service.source.host,
            port=service.source.port,
            dbname=DATABASE,
            user="rdsadmin",
            sslmode="require",
        )


def test_the_master_user_can_do_what_rds_superuser_can(service: Service) -> None:
    with service.settings(service.source).connect() as connection:
        row = connection.execute(
            """
            SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication,
                   pg_has_role(rolname, 'rds_superuser', 'member'),
                   pg_has_role(rolname, 'pg_read_all_data', 'usage'),
                   pg_has_role(rolname, 'pg_create_subscription', 'usage'),
                   (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s)
              FROM pg_roles WHERE rolname = current_user
            """,
            (DATABASE,),
        ).fetchone()
        assert row == (False, True, True, True, True, True, True, MASTER)
        connection.execute("SET LOCAL session_replication_role = 'replica'")
        connection.execute("SELECT pg_replication_origin_create('some-origin')")
        connection.execute("CREATE ROLE someone NOLOGIN")
        connection.rollback()


def test_databases_compare_text_by_code_point(service: Service) -> None:
    for endpoint in (service.source, service.target):
        with service.settings(endpoint).connect() as connection:
            row = connection.execute(
                "SELECT datcollate, pg_encoding_to_char(encoding), 'Z' < 'a' COLLATE \"default\""
                " FROM pg_database WHERE datname = current_database()"
            ).fetchone()
            assert row == ("C.UTF-8", "UTF8", True)
