"""Databases for tests of data validation: a fresh pair, one on each of the two real servers."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from functions.data_validation import pg8000_session
from functions.data_validation.catalog import match, read_tables
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.tables import TablePair
from functions.runtime.connections import Server
from localcloud.databases import ConnectionSettings
from tests.functions.support import MASTER, Clusters

SIDES = ("source", "target")


@dataclass
class Databases:
    """An empty database on each side. `source` and `target` are their owner's connections."""

    clusters: Clusters
    name: str
    source: psycopg.Connection[Any]
    target: psycopg.Connection[Any]
    _sessions: list[Session] = field(default_factory=list)

    @property
    def urls(self) -> tuple[str, str]:
        """What libpq connects to, with the password: the source, then the target."""
        source, target = (self._url(side) for side in SIDES)
        return source, target

    def owner(self, side: str) -> psycopg.Connection[Any]:
        """Return the owner's connection to a side."""
        return self.source if side == "source" else self.target

    def session(self, side: str) -> Session:
        """Open a session of the validation; it is closed with the databases."""
        settings = self.settings(side)
        session = pg8000_session.connect(
            Server(settings.host, settings.port, self.name), MASTER, self.clusters.authority.pem
        )
        self._sessions.append(session)
        return session

    def sides(self) -> Sides:
        """Open sessions on both sides."""
        return Sides(self.session("source"), self.session("target"))

    def execute(self, statements: str, on_target: str | None = None) -> None:
        """Run statements on both sides as the owner; `on_target` instead on the target."""
        self.source.execute(statements.encode())
        self.target.execute((statements if on_target is None else on_target).encode())

    def pairs(self, sides: Sides) -> dict[str, TablePair]:
        """Return all pairs of tables by label."""
        source, target = sides.both(lambda session: read_tables(session, None, None))
        return {pair.label: pair for pair in match(source, target)}

    def pair(self, sides: Sides, label: str) -> TablePair:
        """Return one pair of tables."""
        return self.pairs(sides)[label]

    def settings(self, side: str) -> ConnectionSettings:
        """Return how to reach this pair's database on a side."""
        return replace(self.clusters.settings(side), dbname=self.name)

    @contextlib.contextmanager
    def superuser(self, side: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect to a side's database as the server's administrator, who has no password."""
        with self.clusters.administrator(side, self.name) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        for session in self._sessions:
            session.close()
        self.source.close()
        self.target.close()

    def _url(self, side: str) -> str:
        settings = self.settings(side)
        return (
            f"postgresql://{settings.user}:{settings.password}@{settings.host}:{settings.port}"
            f"/{settings.dbname}?sslmode=verify-full&sslrootcert={settings.sslrootcert}"
        )


@contextlib.contextmanager
def fresh_databases(clusters: Clusters, encoding: str = "UTF8") -> Iterator[Databases]:
    """Create a database of the same name on both sides; drop both in the end.

    `encoding` is the target's; the source has UTF8.
    """
    name = f"validation_{uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE 'C'")
    with clusters.owner("source") as source, clusters.owner("target") as target:
        try:
            source.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            target.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                if encoding == "UTF8"
                else create.format(sql.Identifier(name), sql.Literal(encoding))
            )
            owners = [
                replace(clusters.settings(side), dbname=name).connect(autocommit=True)
                for side in SIDES
            ]
            for owner in owners:
                owner.execute("SET client_encoding = 'UTF8'")
            databases = Databases(clusters, name, owners[0], owners[1])
            try:
                yield databases
            finally:
                databases.close()
        finally:
            for side in SIDES:
                clusters.drop_database(side, name)
