"""Two real databases, what is planted in them, and preflights of them."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from functions.preflight.inspection import inspect
from functions.preflight.model import Check, Finding, Phase, Situation
from functions.preflight.probes import SideProbe, open_session
from functions.preflight.registry import CHECKS
from functions.runtime.connections import Server
from functions.runtime.database import Session
from functions.runtime.route import Side
from tests.functions.data_validation.support import Databases
from tests.functions.support import MASTER, Clusters, running_clusters

BY_NAME = {check.name: check for check in CHECKS}
PARAMETERS = {"rds.logical_replication": "1", "max_prepared_transactions": "5"}
OWNER, WRITER = "payments_owner", "payments_writer"


@contextlib.contextmanager
def migration_clusters(folder: Path) -> Iterator[Clusters]:
    """Start a source and a target that can be replicated; stop them in the end."""
    with running_clusters(folder, PARAMETERS) as (clusters, _):
        yield clusters


@dataclass(frozen=True)
class Pair:
    """A schema of one test's own, in a database on each side."""

    databases: Databases
    schema: str
    sessions: dict[Side, Session] = field(default_factory=dict)

    def run(self, side: str, statements: str) -> None:
        """Run statements on a side as the master user, who is in the schema's owner."""
        self.connection(side).execute(statements.encode())

    def connection(self, side: str) -> psycopg.Connection[Any]:
        return self.databases.owner(side)

    def both(self, statements: str) -> None:
        for side in Side:
            self.run(side, statements)

    def preflight(
        self, situation: Situation, checks: Sequence[Check] = CHECKS
    ) -> tuple[Finding, ...]:
        """Make checks, over sessions that are kept until `close`."""
        return inspect(checks, {side: self.probe(side, situation) for side in Side}, situation)

    def probe(self, side: Side, situation: Situation) -> SideProbe:
        """Return a probe that has asked nothing yet."""
        if side not in self.sessions:
            settings = self.databases.settings(side)
            self.sessions[side] = open_session(
                Server(settings.host, settings.port, self.databases.name),
                MASTER,
                self.databases.clusters.authority.pem,
            )
        return SideProbe(self.sessions[side], self.schema, situation)

    def close(self) -> None:
        """Close the sessions; the next preflight opens new ones."""
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()

    def findings(self, check: str, situation: Situation | None = None) -> tuple[Finding, ...]:
        """Make one check, in its first phase unless a situation is given."""
        chosen = BY_NAME[check]
        return self.preflight(situation or situation_of(check), [chosen])


def situation_of(check: str, **others: Any) -> Situation:
    """Return a situation in which a check is made."""
    phases = BY_NAME[check].phases
    phase = Phase.BEFORE_LOAD if Phase.BEFORE_LOAD in phases else Phase.BEFORE_CUTOVER
    return replace(Situation(phase), **others)


def new_schema(databases: Databases, sessions: dict[Side, Session] | None = None) -> Pair:
    """Create a schema that nothing else uses, owned by the payments' owner, on both sides."""
    schema = f"s_{uuid4().hex[:10]}"
    pair = Pair(databases, schema, {} if sessions is None else sessions)
    for side in Side:
        pair.run(
            side,
            f"CREATE SCHEMA {schema} AUTHORIZATION {OWNER};"
            f"GRANT USAGE ON SCHEMA {schema} TO {WRITER}; SET search_path = {schema}",
        )
    return pair
