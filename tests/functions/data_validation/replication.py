"""Real logical replication between two databases, with what goes wrong in it, and writers."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from localcloud.databases import DatabaseServers
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.support import Clusters, running_clusters

STREAM = "stream"
SECONDS = 20.0
PARAMETERS = {
    "rds.logical_replication": "1",
    # A worker that was ended comes back soon.
    "wal_retrieve_retry_interval": "100",
}


@dataclass(frozen=True)
class ReplicatingClusters(Clusters):
    """Two clusters, and the service that runs them."""

    servers: DatabaseServers


@contextlib.contextmanager
def replicating_clusters(folder: Path) -> Iterator[ReplicatingClusters]:
    """Start a source and a target that replicate logically; stop them in the end."""
    with running_clusters(folder, PARAMETERS) as (clusters, servers):
        yield ReplicatingClusters(**vars(clusters), servers=servers)


def eventually(happened: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.01)


class Replication:
    """A publication on the source and the target's subscription to it, over verified TLS."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.source = databases.source
        self.target = databases.target
        self.slot = f"{STREAM}_{databases.name}"

    def start(self, tables: Sequence[str]) -> None:
        """Publish tables and subscribe to them; the initial copy goes on after the return."""
        settings = self.databases.settings("source")
        conninfo = psycopg.conninfo.make_conninfo(
            host=settings.host,
            port=settings.port,
            dbname=settings.dbname,
            user=settings.user,
            password=settings.password,
            sslmode="verify-full",
            sslrootcert=str(settings.sslrootcert),
        )
        self.source.execute(
            sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(
                sql.Identifier(STREAM), sql.SQL(", ").join(map(sql.Identifier, tables))
            )
        )
        self.target.execute(
            sql.SQL(
                "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (slot_name = {})"
            ).format(
                sql.Identifier(STREAM),
                sql.Literal(conninfo),
                sql.Identifier(STREAM),
                sql.Literal(self.slot),
            )
        )

    def await_copied(self) -> None:
        """Wait until every table is ready."""
        eventually(
            lambda: self._is_so(
                "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"
            )
        )

    def await_in_step(self) -> None:
        """Wait until the target has confirmed all that the source has written."""
        (position,) = self.source.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone() or (
            None,
        )
        eventually(
            lambda: (
                self.source.execute(
                    "SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots"
                    " WHERE slot_name = %s",
                    (position, self.slot),
                ).fetchone()
                == (True,)
            )
        )

    def enable(self) -> None:
        self.target.execute(f"ALTER SUBSCRIPTION {STREAM} ENABLE".encode())

    def disable(self) -> None:
        """Stop applying, and wait until the source has noticed."""
        self.target.execute(f"ALTER SUBSCRIPTION {STREAM} DISABLE".encode())
        eventually(lambda: not self._slot_is_active())

    def end_worker(self) -> None:
        """End the apply worker's process; the server starts another."""
        self.target.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_subscription WHERE pid IS NOT NULL"
        )

    @contextlib.contextmanager
    def held_back(self, table: str) -> Iterator[None]:
        """Keep the worker from writing to a table; it can be read meanwhile."""
        with self.databases.settings("target").connect() as holder:
            holder.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))
            yield

    def drop_slot(self) -> None:
        """Drop the slot on the source; the subscription has to be disabled."""
        eventually(lambda: not self._slot_is_active())
        self.source.execute("SELECT pg_drop_replication_slot(%s)", (self.slot,))

    def stop(self) -> None:
        """Drop the subscription and its slot, whatever state they are in."""
        if self._is_so(
            "SELECT count(*) = 1 FROM pg_subscription JOIN pg_database AS d ON d.oid = subdbid"
            " WHERE datname = current_database()"
        ):
            self.target.execute(f"ALTER SUBSCRIPTION {STREAM} DISABLE".encode())
            self.target.execute(f"ALTER SUBSCRIPTION {STREAM} SET (slot_name = NONE)".encode())
            self.target.execute(f"DROP SUBSCRIPTION {STREAM}".encode())
        eventually(lambda: not self._slot_is_active())
        self.source.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            " WHERE database = current_database()"
        )

    def _slot_is_active(self) -> bool:
        rows = self.source.execute(
            "SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND active"
        )
        return rows.fetchone() is not None

    def _is_so(self, query: LiteralString) -> bool:
        return self.target.execute(query).fetchone() == (True,)


@contextlib.contextmanager
def replication(clusters: Clusters) -> Iterator[Replication]:
    """Yield replication, not started, between two new databases; remove all of it in the end."""
    with fresh_databases(clusters) as databases:
        stream = Replication(databases)
        try:
            yield stream
        finally:
            stream.stop()
