"""Per-table figures of a task, from the counters of the target's tables. Pure.

PostgreSQL does not count what a subscription applies, only what happened to each table
(``pg_stat_all_tables``). So a table's counters are noted when the task starts or resumes, again
when its load is finished, and the differences are the task's. What others write to the target's
tables meanwhile is counted too: nobody should.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Changes:
    """Rows inserted, updated and deleted."""

    inserts: int = 0
    updates: int = 0
    deletes: int = 0

    def minus(self, other: "Changes") -> "Changes":
        """Return the difference, never below zero: counters restart when a server crashed."""
        return Changes(
            max(0, self.inserts - other.inserts),
            max(0, self.updates - other.updates),
            max(0, self.deletes - other.deletes),
        )

    def plus(self, other: "Changes") -> "Changes":
        """Return the sum."""
        return Changes(
            self.inserts + other.inserts,
            self.updates + other.updates,
            self.deletes + other.deletes,
        )


BEFORE_LOAD, LOADING, LOADED, ERRORED = "Before load", "Full load", "Table completed", "Table error"

_STATES = {"i": BEFORE_LOAD, "d": LOADING, "f": LOADING, "s": LOADING, "r": LOADED}
"""``pg_subscription_rel.srsubstate`` in DMS's words (PostgreSQL manual, "pg_subscription_rel").

A copied table catches up with the others before it is ready; only then are its counters whole.
"""


@dataclass(frozen=True)
class TableReading:
    """What the target says of a table now; ``copying`` is rows copied so far, if it is copied."""

    state: str
    changes: Changes
    copying: int = 0


@dataclass
class TableCounter:
    """One table's figures as DescribeTableStatistics has them."""

    keyed: bool
    loads: bool
    state: str = BEFORE_LOAD
    load_rows: int = 0
    load_started: datetime | None = None
    load_finished: datetime | None = None
    reloaded: bool = False
    updated: datetime | None = None
    _earlier: Changes = field(default_factory=Changes)
    _start: Changes = field(default_factory=Changes)
    _current: Changes = field(default_factory=Changes)

    @property
    def applied(self) -> Changes:
        """Changes applied after the load."""
        applied = self._earlier.plus(self._current.minus(self._start))
        if not self.loads or self.load_finished is None:
            return Changes() if self.loads else applied
        return applied.minus(Changes(inserts=self.load_rows))

    def begin(self, changes: Changes) -> None:
        """Go on counting from these counters: the task starts, or resumes."""
        self._earlier = self._earlier.plus(self._current.minus(self._start))
        self._start = self._current = changes
        if self.state == ERRORED:
            self.state = BEFORE_LOAD

    def restart(self, changes: Changes) -> None:
        """Forget everything: the table is loaded again."""
        self._earlier, self._start, self._current = Changes(), changes, changes
        self.load_rows, self.load_started, self.load_finished = 0, None, None
        self.state, self.reloaded, self.loads = BEFORE_LOAD, True, True

    def take(self, reading: TableReading, now: datetime) -> None:
        """Note a reading."""
        if reading.changes != self._current:
            self.updated = now
        self._current = reading.changes
        if self.state == ERRORED:
            return
        self.state = _STATES.get(reading.state, BEFORE_LOAD)
        if not self.loads or self.state == BEFORE_LOAD:
            return
        self.load_started = self.load_started or now
        rows = self._earlier.plus(self._current.minus(self._start)).inserts
        if self.state == LOADING:
            self.load_rows = max(reading.copying, rows)
        elif self.load_finished is None:
            self.load_rows, self.load_finished = rows, now
