"""What tests of the schema comparison share."""

import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import sql

from functions.data_validation.pg8000_session import connect
from functions.data_validation.schema import KINDS, Schema, SchemaDifference, compare, read_schema
from functions.data_validation.schema.model import PRESENCE
from functions.data_validation.sessions import Session
from functions.runtime.database import Server
from localcloud.databases import ConnectionSettings
from tests.functions.support import MASTER, Clusters

Difference = tuple[str, str, str, str | None, str | None]
"""kind, object, attribute, source, target"""


@dataclass
class CountingSession:
    """A session that remembers the statements it ran."""

    session: Session
    statements: list[str] = field(default_factory=list)

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self.statements.append(statement)
        return self.session.run(statement, parameters)

    def close(self) -> None:
        self.session.close()


@dataclass(frozen=True)
class Database:
    """One side's database: its owner's connection, and how to read it as any role."""

    clusters: Clusters
    side: str
    name: str
    owner: psycopg.Connection[Any]

    @property
    def settings(self) -> ConnectionSettings:
        return replace(self.clusters.settings(self.side), dbname=self.name)

    def run(self, statements: str) -> None:
        """Run statements as the owner, all in one transaction."""
        self.owner.execute(statements.encode())

    @contextmanager
    def session(self, login: dict[str, str] | None = None) -> Iterator[CountingSession]:
        server = Server(self.settings.host, self.settings.port, self.name)
        session = connect(server, login or MASTER, self.clusters.authority.pem)
        try:
            yield CountingSession(session)
        finally:
            session.close()

    def read(self, schemas: Sequence[str] | None = None) -> Schema:
        with self.session() as session:
            return read_schema(session, schemas)


@dataclass(frozen=True)
class Pair:
    """A database on each side."""

    source: Database
    target: Database

    def run(self, statements: str) -> None:
        """Run statements on both sides."""
        with ThreadPoolExecutor(1) as pool:
            on_target = pool.submit(self.target.run, statements)
            self.source.run(statements)
            on_target.result()

    def differences(
        self, schemas: Sequence[str] | None = None, ignore: Collection[str] = ()
    ) -> list[Difference]:
        found = compare(self.source.read(schemas), self.target.read(schemas), ignore)
        return [plain(difference) for difference in found]


def plain(difference: SchemaDifference) -> Difference:
    """Return a difference as a tuple, which pytest shows well."""
    return (
        difference.kind,
        difference.object,
        difference.attribute,
        difference.source,
        difference.target,
    )


@contextmanager
def create_database(clusters: Clusters, side: str, name: str) -> Iterator[Database]:
    """Create a database. It goes with its cluster: dropping it would wait for a checkpoint."""
    with clusters.owner(side) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    settings = replace(clusters.settings(side), dbname=name)
    with settings.connect(autocommit=True) as owner:
        yield Database(clusters, side, name, owner)


@dataclass(frozen=True)
class Case:
    """A difference that is planted in a schema of its own, which is called `s` in `expected`.

    `both` is what both sides have; `source` and `target` is what is then done on one of them.
    """

    title: str
    both: str = ""
    source: str = ""
    target: str = ""
    expected: tuple[Difference, ...] = ()

    def plant(self, pair: Pair, schema: str) -> None:
        """Create the schema on both sides with the case's objects."""
        for database, own in ((pair.source, self.source), (pair.target, self.target)):
            database.run(f"CREATE SCHEMA {schema}; SET search_path = {schema}; {self.both}")
            for statement in filter(str.strip, own.split(";\n")):
                database.run(statement)

    def expected_in(self, schema: str) -> list[Difference]:
        """Return the expected differences with the schema's real name."""
        return [tuple(_renamed(part, schema) for part in each) for each in self.expected]  # type: ignore[misc]  # five parts each


def _renamed(part: str | None, schema: str) -> str | None:
    return part and re.sub(r'(?<![\w"])s\.', f"{schema}.", part)


@dataclass(frozen=True)
class Planted:
    """All cases of a module, planted in one pair of databases that was compared once."""

    schemas: dict[str, str]
    differences: list[Difference]
    source: Schema
    target: Schema

    @classmethod
    def plant(cls, cases: Sequence[Case], pair: Pair) -> "Planted":
        schemas = {case.title: f"case_{number:03}" for number, case in enumerate(cases)}
        for case in cases:
            case.plant(pair, schemas[case.title])
        source, target = pair.source.read(), pair.target.read()
        return cls(schemas, [plain(each) for each in compare(source, target)], source, target)

    def found(self, case: Case) -> list[Difference]:
        """Return the differences in the case's schema."""
        schema = self.schemas[case.title]
        return [each for each in self.differences if re.search(rf"\b{schema}\b", each[1])]

    def attributes(self) -> set[tuple[str, str]]:
        """Return each kind of object that was read, with the attributes that it has."""
        return {
            (each.identity.kind, attribute)
            for side in (self.source, self.target)
            for each in side.objects.values()
            for attribute in (*each.attributes, PRESENCE)
            if each.identity.kind in KINDS
        }
