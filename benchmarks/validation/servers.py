"""The two servers on which every contestant is measured: one of each major, on free ports."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from localcloud.databases import CertificateAuthority, DatabaseServers, Endpoint

SOURCE, TARGET = "source", "target"
ENGINE_VERSIONS = {SOURCE: "16.6", TARGET: "17.4"}
_ADMINISTRATION = "administration"
_PRESENT = "SELECT FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
_LEAVING_ATTEMPTS = 200
_LEAVING_PAUSE_SECONDS = 0.05
_USER = "validation_owner"
_PASSWORD = "only-for-this-run"


@dataclass(frozen=True)
class Database:
    """A database that exists under the same name on both sides; the URLs work with libpq."""

    name: str
    source: str
    target: str

    def url(self, side: str) -> str:
        """Return the URL on one side."""
        return self.source if side == SOURCE else self.target

    def connect(self, side: str) -> psycopg.Connection[Any]:
        """Connect as the owner, in autocommit mode."""
        return psycopg.connect(self.url(side), autocommit=True)


@dataclass(frozen=True)
class Servers:
    """Both servers, running. `folder` is temporary, for anything else that has to go with them."""

    folder: Path
    _endpoints: dict[str, Endpoint]
    _authority_file: Path

    def create_database(self, name: str) -> Database:
        """Create an empty database on both sides. Raises psycopg.Error when it is there already."""
        self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return Database(name, self._url(SOURCE, name), self._url(TARGET, name))

    def drop_database(self, database: Database) -> None:
        """Remove a database from both sides, and end the sessions that are left in it."""
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        self._administer(statement.format(sql.Identifier(database.name)))

    def versions(self) -> dict[str, str]:
        """Return what each server says its version is."""
        found = {}
        for side in ENGINE_VERSIONS:
            with psycopg.connect(self._url(side, _ADMINISTRATION)) as connection:
                row = connection.execute("SHOW server_version").fetchone()
                found[side] = row[0] if row else "unknown"
        return found

    def cpu_seconds(self, database: Database) -> float:
        """Return what both servers have used of the processors, once nobody is in a database.

        The kernel adds a backend's time to the postmaster's children when the backend has ended.
        """
        return sum(self._side_cpu_seconds(side, database) for side in ENGINE_VERSIONS)

    def _side_cpu_seconds(self, side: str, database: Database) -> float:
        with psycopg.connect(self._url(side, _ADMINISTRATION), autocommit=True) as connection:
            for _ in range(_LEAVING_ATTEMPTS):
                if not connection.execute(_PRESENT, (database.name,)).fetchall():
                    break
                time.sleep(_LEAVING_PAUSE_SECONDS)
            postmaster = psutil.Process(connection.info.backend_pid).parent()
        if postmaster is None:
            raise ProcessLookupError(f"the {side}'s postmaster is gone")
        used = postmaster.cpu_times()
        return float(used.children_user + used.children_system)

    def _administer(self, statement: sql.Composed) -> None:
        def run(side: str) -> None:
            with psycopg.connect(self._url(side, _ADMINISTRATION), autocommit=True) as connection:
                connection.execute(statement)

        with ThreadPoolExecutor() as pool:
            list(pool.map(run, ENGINE_VERSIONS))

    def _url(self, side: str, database: str) -> str:
        endpoint = self._endpoints[side]
        return (
            f"postgresql://{_USER}:{_PASSWORD}@{endpoint.host}:{endpoint.port}/{quote(database)}"
            f"?sslmode=verify-full&sslrootcert={quote(str(self._authority_file), safe='/')}"
        )


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Start both servers in a temporary folder; stop them and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="validation-benchmark-"))
    try:
        authority = CertificateAuthority.create(folder / "ca")
        authority_file = folder / "bundle.pem"
        authority_file.write_text(authority.pem)
        service = DatabaseServers(folder / "postgres", authority)

        def start(side: str) -> Endpoint:
            return service.create_cluster(
                side,
                engine_version=ENGINE_VERSIONS[side],
                database_name=_ADMINISTRATION,
                master_username=_USER,
                master_password=_PASSWORD,
                parameters={},
            )

        try:
            with ThreadPoolExecutor() as pool:
                endpoints = dict(
                    zip(ENGINE_VERSIONS, pool.map(start, ENGINE_VERSIONS), strict=True)
                )
            yield Servers(folder, endpoints, authority_file)
        finally:
            service.stop_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
