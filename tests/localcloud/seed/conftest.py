"""A source cluster with the schema and some payments."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from localcloud.databases import CertificateAuthority, ConnectionSettings, DatabaseServers
from localcloud.seed import apply_schema, seed_payments
from tests.localcloud.seed.support import (
    APPLICATION,
    APPLICATION_PASSWORD,
    BATCH,
    SEEDED,
    Seeded,
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionSettings]:
    """A cluster's empty database, as its master user reaches it."""
    folder: Path = tmp_path_factory.mktemp("seed")
    servers = DatabaseServers(folder / "postgres", CertificateAuthority.create(folder / "ca"))
    try:
        endpoint = servers.create_cluster(
            "source",
            engine_version="16.6",
            database_name="payments",
            master_username="master",
            master_password="password",
            parameters={"rds.logical_replication": "1"},
        )
        yield ConnectionSettings(
            endpoint.host,
            endpoint.port,
            "payments",
            "master",
            "password",
            folder / "ca" / "ca.pem",
        )
    finally:
        servers.stop_all()


@pytest.fixture(scope="session")
def seeded(cluster: ConnectionSettings) -> Seeded:
    """The database with the schema and ``SEEDED`` payments; tests leave its payments alone."""
    assert apply_schema(cluster, APPLICATION, APPLICATION_PASSWORD)
    notified: list[int] = []
    summary = seed_payments(cluster, SEEDED, notified.append, batch=BATCH)
    return Seeded(cluster, summary, tuple(notified))


@pytest.fixture
def connection(seeded: Seeded) -> Iterator[psycopg.Connection]:
    """A connection of the master user whose work is undone."""
    with seeded.master.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def application(seeded: Seeded) -> Iterator[psycopg.Connection]:
    """A connection of the application whose work is undone."""
    with seeded.application.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def other_database(cluster: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """A second, empty database of the same cluster, for a test that adds payments of its own."""
    with cluster.connect(autocommit=True) as connection:
        connection.execute("CREATE DATABASE other")
    yield replace(cluster, dbname="other")
    with cluster.connect(autocommit=True) as connection:
        connection.execute("DROP DATABASE other WITH (FORCE)")
