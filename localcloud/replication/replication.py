"""A task's replication: publications and a slot on the source, a subscription on the target.

Not safe for several threads at once; its user lets one in at a time. What a method leaves behind
when it fails is removed by `drop`, which may be repeated.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg

from localcloud.replication import checks, publications, slots, subscription, tables
from localcloud.replication.errors import ReplicationError, UnreachableError
from localcloud.replication.mappings import TableMappings
from localcloud.replication.observation import Positions
from localcloud.replication.progress import Progress
from localcloud.replication.server import Server
from localcloud.replication.settings import TRUNCATE, TaskSettings
from localcloud.replication.tables import SourceTable, TableName

_NO_TABLES = (
    "No tables were found at task initialization. Either the selected table(s) or schemas(s) no "
    "longer exist or no match was found for the table selection pattern(s). If you would like to "
    "start a Task that does not initially capture any tables, set Task Setting "
    "FailOnNoTablesCaptured to false and restart task."
)


@dataclass(frozen=True)
class Assignment:
    """What to replicate: ``loads`` the tables' content first, ``follows`` changes afterwards."""

    source: Server
    target: Server
    mappings: TableMappings
    settings: TaskSettings
    loads: bool = True
    follows: bool = True

    @property
    def truncates(self) -> bool:
        """Whether tables are emptied before they are loaded."""
        return self.loads and self.settings.preparation == TRUNCATE


class Replication:
    """One task's replication, by the name that its objects have in both databases.

    ``read_log`` returns what a server's log has said, for its address, or None when nobody knows.
    """

    def __init__(
        self,
        name: str,
        assignment: Assignment,
        read_log: Callable[[str, int], str | None] = lambda _host, _port: None,
    ) -> None:
        self.name = name
        self.assignment = assignment
        self.progress = Progress(name, read_log)
        self._tables: tuple[SourceTable, ...] = ()

    @property
    def tables(self) -> Mapping[TableName, SourceTable]:
        """The tables that are replicated, by name."""
        return {table.name: table for table in self._tables}

    def start(self) -> None:
        """Begin from nothing: load, or follow from now on.

        Raises ReplicationError with every reason that is known, and leaves nothing behind then.
        """
        with self._servers() as (source, target):
            self._choose_tables(source, target)
            self._remove(source, target)
            try:
                self._create(source, target)
            except (psycopg.Error, ReplicationError):
                self._remove(source, target)
                raise

    def resume(self, position: str | None = None) -> None:
        """Go on where it stopped, or from a later position, with the assignment as it is now.

        Raises ReplicationError, also when changes since then are no longer kept.
        """
        assignment = self.assignment
        with self._servers() as (source, target):
            if subscription.identity(target, self.name) is None:
                raise ReplicationError(f"target: subscription {self.name} is gone")
            slots.require(source, self.name)
            self._choose_tables(source, target)
            if position is not None:
                slots.advance(source, self.name, position)
            added = frozenset(self.tables) - subscription.tables(target, self.name)
            publications.reconcile(source, self.name, self._tables)
            subscription.configure(
                target,
                self.name,
                conninfo=assignment.source.conninfo,
                prevents_loops=assignment.settings.prevents_loops,
            )
            if assignment.truncates:
                tables.truncate(target, added)
            self.progress.begin(target, self.tables, assignment)
            try:
                subscription.enable(target, self.name)
                subscription.refresh(target, self.name, copies=assignment.loads)
            except psycopg.Error:
                subscription.disable(target, self.name)
                raise

    def stop(self) -> None:
        """Stop applying and let go of the servers; the slot keeps the changes from here on."""
        with self._connected(self.assignment.target) as target:
            if subscription.identity(target, self.name) is not None:
                subscription.disable(target, self.name)
                self.progress.settle(target)
        self.progress.close()

    def reload(self, names: Iterable[TableName]) -> None:
        """Load tables again while the others go on.

        Raises ReplicationError, with nothing changed, for tables that are not the task's and for
        tables that cannot be emptied alone.
        """
        chosen = frozenset(names)
        unknown = chosen - frozenset(self.tables)
        if unknown:
            raise ReplicationError(f"not replicated: {', '.join(map(str, sorted(unknown)))}")
        with self._servers() as (source, target):
            if self.assignment.truncates:
                tables.require_truncatable(target, chosen)
            for name in chosen:
                publications.remove_table(source, self.name, name, keyed=self.tables[name].keyed)
            # The workers skip what was sent of these tables before: it cannot come after the load.
            subscription.refresh(target, self.name, copies=False)
            if self.assignment.truncates:
                tables.truncate(target, chosen)
            self.progress.restart(target, chosen)
            for name in chosen:
                publications.add_table(source, self.name, name, keyed=self.tables[name].keyed)
            subscription.refresh(target, self.name, copies=True)

    def drop(self) -> None:
        """Remove everything from both servers; one that cannot be reached is left out."""
        self.progress.close()
        with contextlib.ExitStack() as stack:
            source = self._reachable(stack, self.assignment.source)
            target = self._reachable(stack, self.assignment.target)
            self._remove(source, target)

    def observe(self) -> Positions | None:
        """Take one look at both servers; the figures are in `progress`.

        Raises ReplicationError when it has failed for good, UnreachableError when a server is
        away for now.
        """
        return self.progress.observe(self.assignment)

    def _choose_tables(self, source: psycopg.Connection, target: psycopg.Connection) -> None:
        assignment = self.assignment
        chosen = tables.read_source(source, assignment.mappings)
        if not chosen and assignment.settings.fails_on_no_tables:
            raise ReplicationError(_NO_TABLES)
        found = tables.read_target(target, (table.name for table in chosen))
        problems = (
            *checks.source_problems(source, chosen),
            *checks.target_problems(target, chosen, found, truncates=assignment.truncates),
        )
        if problems:
            raise ReplicationError("; ".join(problems))
        self._tables = chosen

    def _create(self, source: psycopg.Connection, target: psycopg.Connection) -> None:
        assignment = self.assignment
        # Before the slot: its plugin looks publications up as they were at a change's time.
        publications.create(source, self.name, self._tables)
        slots.create(source, self.name, assignment.settings.transaction_seconds)
        subscription.create(
            target,
            self.name,
            conninfo=assignment.source.conninfo,
            slot=self.name,
            copies=assignment.loads,
            prevents_loops=assignment.settings.prevents_loops,
        )
        if assignment.truncates:
            tables.truncate(target, self.tables)
        self.progress.reset()
        self.progress.begin(target, self.tables, assignment)
        subscription.enable(target, self.name)

    def _remove(self, source: psycopg.Connection | None, target: psycopg.Connection | None) -> None:
        subscription_id = self.progress.subscription_id
        if target is not None:
            subscription_id = subscription.identity(target, self.name) or subscription_id
            subscription.drop(target, self.name)
        if source is not None:
            slots.drop(source, self.name)
            if subscription_id is not None:
                slots.drop_of_subscription(source, subscription_id)
            publications.drop(source, self.name)

    @contextlib.contextmanager
    def _servers(self) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
        with (
            self._connected(self.assignment.source) as source,
            self._connected(self.assignment.target) as target,
        ):
            yield source, target

    @contextlib.contextmanager
    def _connected(self, server: Server) -> Iterator[psycopg.Connection]:
        """Yield a connection; what the server refuses is a ReplicationError that says which."""
        side = "source" if server is self.assignment.source else "target"
        try:
            connection = server.connect()
        except UnreachableError as error:
            raise UnreachableError(f"{side}: {error}") from error
        with connection:
            try:
                yield connection
            except psycopg.Error as error:
                raise ReplicationError(_message(error)) from error

    def _reachable(self, stack: contextlib.ExitStack, server: Server) -> psycopg.Connection | None:
        try:
            return stack.enter_context(self._connected(server))
        except UnreachableError:
            return None


def _message(error: psycopg.Error) -> str:
    """Return a server's message with its detail, on one line."""
    primary = error.diag.message_primary or str(error).strip()
    detail = error.diag.message_detail
    return f"{primary} DETAIL: {detail}" if detail else primary
