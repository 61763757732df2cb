"""How far a task is: its tables' figures, its lag, and whether it has failed."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from localcloud.replication import observation, subscription, worker_log
from localcloud.replication.counters import ERRORED, LOADED, Changes, TableCounter, TableReading
from localcloud.replication.errors import ReplicationError, UnreachableError
from localcloud.replication.latency import LatencyClock
from localcloud.replication.observation import Errors, Positions
from localcloud.replication.server import Server
from localcloud.replication.tables import SourceTable, TableName

if TYPE_CHECKING:
    from localcloud.replication.replication import Assignment

_MOST_UNEXPLAINED_FAILURES = 3
"""A failure that no log explains may be of the network; several in a row are not."""


class Progress:
    """Figures of one task. It keeps one connection to either server while the task runs."""

    def __init__(self, name: str, read_log: Callable[[str, int], str | None]) -> None:
        self._name = name
        self._read_log = read_log
        self._clock = LatencyClock()
        self._connections: dict[Server, psycopg.Connection] = {}
        self._errors = Errors()
        self._log_read = 0
        self.subscription_id: int | None = None
        self.counters: dict[TableName, TableCounter] = {}
        self.source_latency = 0.0
        self.target_latency = 0.0
        self.checkpoint: str | None = None

    @property
    def loaded(self) -> bool:
        """Whether every table has been loaded."""
        return all(counter.state == LOADED for counter in self.counters.values())

    def reset(self) -> None:
        """Forget the figures: the task starts from nothing."""
        self.counters.clear()
        self.checkpoint = None

    def begin(
        self,
        target: psycopg.Connection,
        tables: Mapping[TableName, SourceTable],
        assignment: "Assignment",
    ) -> None:
        """Start to count, or go on; before the subscription is enabled."""
        identifier = subscription.identity(target, self._name)
        assert identifier is not None
        self.subscription_id = identifier
        self._errors = observation.read_errors(target, identifier)
        self._log_read = len(self._log(assignment.target) or "")
        changes = observation.read_changes(target, tables)
        for name, table in tables.items():
            counter = self.counters.setdefault(name, TableCounter(table.keyed, assignment.loads))
            counter.begin(changes.get(name, Changes()))
        for name in self.counters.keys() - tables.keys():
            del self.counters[name]

    def restart(self, target: psycopg.Connection, names: Iterable[TableName]) -> None:
        """Count these tables from nothing: they are loaded again."""
        for name, changes in observation.read_changes(target, names).items():
            self.counters[name].restart(changes)

    def observe(self, assignment: "Assignment") -> Positions | None:
        """Take one look; see `Replication.observe`."""
        assert self.subscription_id is not None
        target = self._connection(assignment.target)
        source = self._connection(assignment.source)
        with self._until_a_connection_breaks():
            readings = observation.read_tables(target, self.subscription_id)
            errors = observation.read_errors(target, self.subscription_id)
            positions = observation.read_positions(source, self._name)
        self._take(readings)
        self._measure(positions)
        self._require_health(assignment, errors, positions)
        return positions

    def settle(self, target: psycopg.Connection) -> None:
        """Note the final figures: workers report theirs when they end."""
        if self.subscription_id is not None:
            self._take(observation.read_tables(target, self.subscription_id))

    def close(self) -> None:
        """Let go of the servers; the figures stay."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _connection(self, server: Server) -> psycopg.Connection:
        connection = self._connections.get(server)
        if connection is None or connection.closed:
            connection = self._connections[server] = server.connect()
        return connection

    @contextlib.contextmanager
    def _until_a_connection_breaks(self) -> Iterator[None]:
        """Make a broken connection an UnreachableError; the next look connects again."""
        try:
            yield
        except psycopg.OperationalError as error:
            self.close()
            raise UnreachableError(str(error).strip()) from error

    def _take(self, readings: Mapping[TableName, TableReading]) -> None:
        now = datetime.now(UTC)
        for name, reading in readings.items():
            if name in self.counters:
                self.counters[name].take(reading, now)

    def _measure(self, positions: Positions | None) -> None:
        if positions is None:
            return
        now = time.monotonic()
        self._clock.note(now, positions.end)
        self.source_latency = self._clock.latency(now, positions.sent)
        self.target_latency = self._clock.latency(now, positions.confirmed)
        self._clock.forget_before(min(positions.sent, positions.confirmed))
        self.checkpoint = positions.checkpoint

    def _require_health(
        self, assignment: "Assignment", errors: Errors, positions: Positions | None
    ) -> None:
        if positions is None or positions.lost:
            state = "is gone" if positions is None else "has lost its position"
            raise ReplicationError(f"source: replication slot {self._name} {state}")
        missing = errors.missing_rows - self._errors.missing_rows
        if missing > 0 and assignment.settings.stops_on_missing_row:
            raise ReplicationError(
                f"target: {missing} rows to update or delete do not exist there "
                "(ApplyErrorUpdatePolicy or ApplyErrorDeletePolicy is STOP_TASK)"
            )
        if errors.failures > self._errors.failures:
            self._judge_failure(assignment, errors)

    def _judge_failure(self, assignment: "Assignment", errors: Errors) -> None:
        """Raise ReplicationError unless the failure may pass by itself."""
        log = self._log(assignment.target)
        error = worker_log.last_error(log[self._log_read :], self._name) if log else None
        if error is None:
            if errors.failures - self._errors.failures >= _MOST_UNEXPLAINED_FAILURES:
                raise ReplicationError("target: changes cannot be applied; its log says why")
            return
        if error.is_recoverable:
            self._errors = errors
            return
        for name, counter in self.counters.items():
            if name.name == error.table:
                counter.state = ERRORED
        raise ReplicationError(f"target: {error.message}")

    def _log(self, server: Server) -> str | None:
        return self._read_log(server.host, server.port)
