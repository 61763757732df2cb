"""What a check is, what it is told, and what it finds.

A check reads rows by one statement on one side or on both, and judges them by a pure function.
Names in rows are quoted by the server that they come from, so a fix can be put together from them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from functions.preflight.replication_task import ReplicationTask
from functions.preflight.thresholds import Thresholds
from functions.runtime.route import Side

Row = Sequence[Any]
Rows = Sequence[Row]


class Severity(StrEnum):
    """How much a finding weighs: by its consequence, not by how often it is seen.

    blocking: data would be lost or changed in silence, or the cutover could not be made.
    warning: the migration may stop with an error, or the application may notice afterwards.
    note: worth knowing.
    """

    BLOCKING = "blocking"
    WARNING = "warning"
    NOTE = "note"


class Phase(StrEnum):
    """When a preflight is made: before anything is copied, or before the traffic moves."""

    BEFORE_LOAD = "before_load"
    BEFORE_CUTOVER = "before_cutover"


BOTH_PHASES = frozenset(Phase)
BEFORE_LOAD = frozenset({Phase.BEFORE_LOAD})
BEFORE_CUTOVER = frozenset({Phase.BEFORE_CUTOVER})
ON_SOURCE = (Side.SOURCE,)
ON_TARGET = (Side.TARGET,)
ON_BOTH = (Side.SOURCE, Side.TARGET)


@dataclass(frozen=True)
class Situation:
    """What does not come from the databases: the request, the thresholds, the replication task."""

    phase: Phase
    thresholds: Thresholds = field(default_factory=Thresholds)
    task: ReplicationTask = field(default_factory=ReplicationTask)
    catalogue_hash: str | None = None


@dataclass(frozen=True)
class Problem:
    """One object that is not as it should be.

    `why` is one sentence, `fix` the SQL after which the problem is gone, None if no SQL can do
    that. Without a severity it is as severe as the check says.
    """

    object: str
    why: str
    fix: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True)
class Finding:
    """A problem with the check that found it, and the side that has it."""

    severity: Severity
    check: str
    side: Side
    object: str
    why: str
    fix: str | None


class Probe(Protocol):
    """A side that can be asked. The same statement is run once, however many checks ask for it."""

    @property
    def version(self) -> int:
        """The server's `server_version_num`."""
        ...

    @property
    def situation(self) -> Situation:
        """What the preflight was asked for."""
        ...

    def rows(self, statement: str) -> Rows:
        """Run a statement that may use `:schema`; return its rows. Raises DatabaseError."""
        ...


@dataclass(frozen=True)
class Facts:
    """What a check has read: the rows of each side, none of a side that it does not read."""

    situation: Situation
    source: Rows = ()
    target: Rows = ()

    def rows(self, side: Side) -> Rows:
        """Return the rows of a side."""
        return self.source if side is Side.SOURCE else self.target


Read = Callable[[Probe], Rows]
Judge = Callable[[Facts], Iterable[tuple[Side, Problem]]]


@dataclass(frozen=True)
class Check:
    """One thing that is looked at. The last three are for people, and make docs/preflight.md."""

    name: str
    severity: Severity
    phases: frozenset[Phase]
    sides: tuple[Side, ...]
    read: Read
    judge: Judge
    finds: str
    matters: str
    remedy: str


def reading(statement: str, *, since: int = 0) -> Read:
    """Return a reader of one statement, which servers before version `since` answer with no row."""

    def read(probe: Probe) -> Rows:
        return probe.rows(statement) if probe.version >= since else ()

    return read


def each_row(rule: Callable[..., Problem | None]) -> Judge:
    """Return a judge that asks `rule(*row)` about every row of every side."""

    def judge(facts: Facts) -> Iterator[tuple[Side, Problem]]:
        for side in ON_BOTH:
            for row in facts.rows(side):
                problem = rule(*row)
                if problem is not None:
                    yield side, problem

    return judge


def on_target(judge: Callable[[Facts], Iterable[Problem]]) -> Judge:
    """Return a judge whose problems are all the target's, whatever it compared."""
    return lambda facts: ((Side.TARGET, problem) for problem in judge(facts))
