"""One cluster: a writer with its roles and database, and the readers that follow it."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import psycopg

from localcloud.databases import roles
from localcloud.databases.binaries import Distribution
from localcloud.databases.certificates import CertificateAuthority
from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.fresh import FreshData
from localcloud.databases.host import Host
from localcloud.databases.parameters import (
    ADMINISTRATOR,
    client_authentication,
    configuration,
    interpret,
)
from localcloud.databases.server import Server
from localcloud.databases.workspace import WRITER_FOLDER

READER_SECONDS = 60.0
_POLL_SECONDS = 0.02

# Ready to follow: it streams, and has replayed what the writer had when the question was asked.
_READER_IN_SYNC = """
    SELECT 1
      FROM pg_stat_replication
     WHERE application_name = %s AND state = 'streaming' AND replay_lsn >= %s::pg_lsn
"""


class Cluster:
    """A writer and its readers, made of real servers below ``folder``.

    Not safe for several threads at once: DatabaseServers lets one in at a time.
    """

    def __init__(
        self,
        identifier: str,
        *,
        host: Host,
        fresh: FreshData,
        distribution: Distribution,
        folder: Path,
        logs: Path,
        parameters: Mapping[str, str],
    ) -> None:
        self.identifier = identifier
        self._host = host
        self._fresh = fresh
        self._distribution = distribution
        self._folder = folder
        self._logs = logs
        self._parameters = interpret(parameters, settable_parameters(distribution))
        self._master_username = ""
        self._readers: dict[str, Server] = {}
        self._writer = self._server(WRITER_FOLDER, identifier)

    @property
    def writer(self) -> Server:
        """The server that takes writes."""
        return self._writer

    @property
    def readers(self) -> Mapping[str, Server]:
        """The readers by their instance's identifier."""
        return self._readers

    def create(
        self,
        authority: CertificateAuthority,
        *,
        database_name: str,
        master_username: str,
        master_password: str,
    ) -> None:
        """Initialise and start the writer, and create its roles and database."""
        self._folder.mkdir()
        self._host.account.own(self._folder)
        self._initialise(authority)
        self._writer.start()
        with self._administration(roles.TEMPLATE_DATABASE) as template:
            roles.create_service_roles(template)
            roles.allow_replication_origins(template)
        with self._administration() as connection:
            roles.allow_replication_origins(connection)
            roles.create_master(connection, master_username, master_password)
            roles.create_database(connection, database_name, master_username)
        self._master_username = master_username

    def add_reader(self, instance_identifier: str) -> Server:
        """Start a streaming replica of the writer; return it once it has caught up."""
        if instance_identifier in self._readers:
            raise DatabaseServerError(
                f"cluster {self.identifier} already has a reader {instance_identifier}"
            )
        reader = self._server(instance_identifier, instance_identifier)
        self._readers[instance_identifier] = reader
        try:
            self._copy_writer(reader)
            reader.start()
            self._wait_until_in_sync(reader)
        except BaseException:
            self._discard(self._readers.pop(instance_identifier), keep_log=True)
            raise
        return reader

    def remove_reader(self, instance_identifier: str) -> None:
        """Stop a reader and remove its data."""
        reader = self._readers.get(instance_identifier)
        if reader is None:
            raise DatabaseServerError(
                f"cluster {self.identifier} has no reader {instance_identifier}"
            )
        self._discard(reader)
        del self._readers[instance_identifier]

    def set_master_password(self, password: str) -> None:
        """Change the master user's password; open sessions stay."""
        with self._administration() as connection:
            roles.set_password(connection, self._master_username, password)

    def stop(self) -> None:
        """Stop every server, readers first, and keep the data."""
        for server in (*self._readers.values(), self._writer):
            server.stop()

    def delete(self, *, keep_logs: bool = False) -> None:
        """Stop every server and remove the data, and the logs unless they are to be kept."""
        for server in (*self._readers.values(), self._writer):
            self._discard(server, keep_log=keep_logs)
        self._readers.clear()
        _remove(self._folder)

    @contextlib.contextmanager
    def _administration(
        self, database: str = roles.DEFAULT_DATABASE
    ) -> Iterator[psycopg.Connection]:
        """Yield a connection to the writer; what it refuses is a DatabaseServerError."""
        try:
            with self._writer.administrate(database) as connection:
                yield connection
        except psycopg.Error as error:
            raise DatabaseServerError.with_log(
                f"cluster {self.identifier}: {str(error).strip()}", self._writer.log
            ) from error

    def _server(self, folder: str, name: str) -> Server:
        log = self._logs / f"{self.identifier}.{folder}.log"
        # What an earlier cluster of this name wrote would only mislead whoever reads the log.
        log.unlink(missing_ok=True)
        return Server(name, self._host, self._distribution, self._folder / folder, log)

    def _initialise(self, authority: CertificateAuthority) -> None:
        data = self._writer.data
        self._fresh.take(self._distribution, data)
        certificate = authority.issue()
        self._write(data / "server.pem", certificate.certificate)
        self._write(data / "server-key.pem", certificate.private_key)
        self._write(data / "pg_hba.conf", client_authentication(self._parameters))
        self._configure(self._writer)

    def _copy_writer(self, reader: Server) -> None:
        source = f"host={self._host.sockets} port={self._writer.port} user={ADMINISTRATOR}"
        copy = [self._distribution.program("pg_basebackup"), "--pgdata", str(reader.data)]
        self._host.run(
            self._distribution, [*copy, f"--dbname={source}", "--checkpoint=fast", "--no-sync"]
        )
        self._write(reader.data / "standby.signal", "")
        self._configure(reader, primary=source)

    def _configure(self, server: Server, primary: str = "") -> None:
        text = configuration(
            self._parameters,
            server_name=server.name,
            sockets=str(self._host.sockets),
            primary=primary,
        )
        self._write(server.data / "postgresql.conf", text)

    def _write(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self._host.account.own(path)

    def _wait_until_in_sync(self, reader: Server) -> None:
        deadline = time.monotonic() + READER_SECONDS
        with self._administration() as connection:
            row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
            assert row is not None
            while time.monotonic() < deadline:
                if connection.execute(_READER_IN_SYNC, (reader.name, row[0])).fetchone():
                    return
                time.sleep(_POLL_SECONDS)
        raise DatabaseServerError.with_log(
            f"reader {reader.name} did not catch up within {READER_SECONDS:.0f} s", reader.log
        )

    def _discard(self, server: Server, *, keep_log: bool = False) -> None:
        server.stop()
        _remove(server.data)
        if not keep_log:
            server.log.unlink(missing_ok=True)


@cache
def settable_parameters(distribution: Distribution) -> frozenset[str]:
    """Return the lower-case names of the parameters that a distribution's server describes."""
    described = subprocess.run(
        [distribution.program("postgres"), "--describe-config"],
        env=distribution.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(line.partition("\t")[0].lower() for line in described.stdout.splitlines())


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
