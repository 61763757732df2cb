"""Threads that work off a plan's items, each with sessions of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from functions.data_validation import cursor_json
from functions.data_validation.checkpoints import Store
from functions.data_validation.checkpoints import item as item_name
from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor, Totals
from functions.data_validation.direction import Direction
from functions.data_validation.errors import CheckpointError, ValidationError
from functions.data_validation.expressions import Method
from functions.data_validation.positions import choose_positions
from functions.data_validation.preparation import Catalogue, Plan
from functions.data_validation.refusals import refused
from functions.data_validation.replica import await_replica
from functions.data_validation.report import added
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import Subject
from functions.runtime.errors import DatabaseError, SideUnavailableError

CHECKPOINT_SECONDS = 1.0
"""Work that is done again at most after a crash; a stop loses none."""

WAKE_SECONDS = 0.2

Connect = Callable[[], Session]


class StoppedError(ValidationError):
    """The run was asked to stop before everything was compared; its state is in the store."""


@dataclass(frozen=True)
class Endpoints:
    """How to get a session on each side. Digests are read from the replica if there is one."""

    source: Connect
    target: Connect
    source_replica: Connect | None = None


class Watcher(Protocol):
    """Is told how a run goes; its methods are called from several threads, and have to be quick."""

    def planned(self, plan: Plan, rows_before: int) -> None:
        """It is known what will be compared, of which `rows_before` were in an earlier process."""
        ...

    def advanced(self, table: str, totals: Totals, *, finished: bool) -> None:
        """A table has come so far."""
        ...


class Unwatched:
    """A Watcher that looks away."""

    def planned(self, plan: Plan, rows_before: int) -> None:
        """Do nothing."""

    def advanced(self, table: str, totals: Totals, *, finished: bool) -> None:
        """Do nothing."""


@contextmanager
def opened(
    source: Connect, target: Connect, direction: Direction = Direction.FORWARD
) -> Iterator[Sides]:
    """Connect to both sides at once; close both in the end. Raises what the source raised first."""
    with ExitStack() as sessions:
        with ThreadPoolExecutor(1) as pool:
            connecting = pool.submit(target)
            try:
                on_source = source()
                sessions.callback(on_source.close)
            finally:
                if connecting.exception() is None:
                    sessions.callback(connecting.result().close)
        yield Sides(on_source, connecting.result(), direction=direction)


class Workers:
    """The items of a plan, and how far each has come: `cursors`, in the items' order.

    `refused` says that some items were given up because a side refused to read them; their
    cursors say so, but the store does not: the same run tries them again.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        plan: Plan,
        catalogue: Catalogue,
        store: Store | None,
        watcher: Watcher,
        stop: threading.Event,
    ) -> None:
        """Go on from what the store has. Raises CheckpointError."""
        self._endpoints = endpoints
        self._plan = plan
        self._catalogue = catalogue
        self._store = store
        self._watcher = watcher
        self._stop = stop
        self._broken = threading.Event()
        self._lock = threading.Lock()
        self._connected: list[Sides] = []
        self.refused = False
        self.cursors = [self._restored(number) for number in range(len(plan.items))]
        self._open = [number for number, cursor in enumerate(self.cursors) if not cursor.finished]
        self._by_table: dict[str, list[int]] = {planned.table: [] for planned in plan.tables}
        for number, item in enumerate(plan.items):
            self._by_table[catalogue.pair(item).label].append(number)

    def compare(self, limits: Limits, concurrency: int, writers: Sides) -> None:
        """Work off all open items; the first worker uses `writers`, the others connect.

        Raises StoppedError, DatabaseError, CheckpointError.
        """
        self._connected = [writers]
        before = added(cursor.totals for cursor in self.cursors)
        self._watcher.planned(self._plan, max(before.source_rows, before.target_rows))
        for table in self._by_table:
            self._tell(table)
        workers = min(concurrency, len(self._open))
        if workers:
            self._run(workers, _shared(limits, workers))
        if self._stop.is_set() and not all(cursor.finished for cursor in self.cursors):
            raise StoppedError("stopped before everything was compared")

    def _run(self, workers: int, limits: Limits) -> None:
        pool = ThreadPoolExecutor(workers, thread_name_prefix="comparison")
        try:
            futures = [pool.submit(self._work, limits) for _ in range(workers)]
            # In short waits: a signal may reach another thread, and the main thread, which alone
            # runs Python's handlers, would not wake up for it.
            while not self._broken.is_set() and wait(futures, WAKE_SECONDS).not_done:
                pass
            for future in futures:
                future.result()
        except BaseException:
            # An impatient user's second interrupt does not wait for the servers.
            self._broken.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _work(self, limits: Limits) -> None:
        try:
            with (
                self._writers() as writers,
                self._digest_sides(writers) as sides,
            ):
                while (number := self._next()) is not None:
                    self._compare_item(number, sides, writers, limits)
        except BaseException:
            self._broken.set()
            raise

    def _writers(self) -> AbstractContextManager[Sides]:
        with self._lock:
            if self._connected:
                return nullcontext(self._connected.pop())
        direction = self._plan.selection.direction
        return opened(self._endpoints.source, self._endpoints.target, direction)

    @property
    def _ending(self) -> bool:
        return self._stop.is_set() or self._broken.is_set()

    def _next(self) -> int | None:
        with self._lock:
            return self._open.pop(0) if self._open and not self._ending else None

    @contextmanager
    def _digest_sides(self, writers: Sides) -> Iterator[Sides]:
        connect = self._endpoints.source_replica
        if connect is None:
            yield writers
            return
        replica = connect()
        try:
            await_replica(writers.source, replica, self._stop)
            yield Sides(replica, writers.target)
        finally:
            replica.close()

    def _compare_item(self, number: int, sides: Sides, writers: Sides, limits: Limits) -> None:
        pair = self._catalogue.pair(self._plan.items[number])
        comparison = Comparison(
            Subject(pair, Method(self._plan.conditions.method), self._plan.selection.seed),
            sides,
            writers,
            choose_positions(writers, self._plan.conditions.replication),
            limits,
            sleep=self._sleep,
        )
        try:
            self._advance(number, comparison, pair.label)
        except SideUnavailableError:
            raise
        except DatabaseError as error:
            self.refused = True
            reason = refused(error)
            self.cursors[number] = replace(
                self.cursors[number], finished=True, stopped_early=reason
            )

    def _advance(self, number: int, comparison: Comparison, table: str) -> None:
        saved_at = time.monotonic()
        try:
            for cursor in comparison.advance(self.cursors[number]):
                self.cursors[number] = cursor
                self._tell(table)
                if time.monotonic() - saved_at >= CHECKPOINT_SECONDS:
                    self._save(number)
                    saved_at = time.monotonic()
                if self._ending:
                    break
        finally:
            self._save(number)

    def _sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _tell(self, table: str) -> None:
        cursors = [self.cursors[number] for number in self._by_table[table]]
        finished = all(cursor.finished for cursor in cursors)
        self._watcher.advanced(table, added(cursor.totals for cursor in cursors), finished=finished)

    def _save(self, number: int) -> None:
        if self._store is not None:
            self._store.save(item_name(number), cursor_json.dump(self.cursors[number]))

    def _restored(self, number: int) -> Cursor:
        fresh = Cursor(self._plan.items[number])
        document = None if self._store is None else self._store.load(item_name(number))
        if document is None:
            return fresh
        cursor = cursor_json.load(document)
        if cursor.item != fresh.item:
            raise CheckpointError(f"{item_name(number)} is of another item than the plan's")
        return cursor


def _shared(limits: Limits, workers: int) -> Limits:
    """Return a worker's part of what the limits allow to the run."""
    rate = limits.max_rate
    return limits if rate is None else replace(limits, max_rate=max(1, rate // workers))
