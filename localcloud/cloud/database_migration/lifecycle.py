"""A task's transitions: starting to running, stopping to stopped, failed, deleting to gone.

Source: "Task status" in "Monitoring AWS DMS tasks", AWS DMS User Guide. Each transition works in
the background, without the cloud's lock; the status says meanwhile what is going on.
"""

import logging
from collections.abc import Callable, Sequence

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.database_migration import notifications
from localcloud.cloud.database_migration.task_run import (
    AFTER_CACHED_EVENTS,
    AFTER_FULL_LOAD,
    DELETING,
    FAILED,
    FULL_LOAD_FINISHED,
    NORMAL,
    RUNNING,
    STOPPED,
    STOPPING,
    TaskRun,
)
from localcloud.cloud.database_migration.watcher import Watcher
from localcloud.replication import Replication, ReplicationError, TableName, UnreachableError

log = logging.getLogger(__name__)


def failure_message(error: Exception) -> str:
    """Return the reason as DMS words it, in ``LastFailureMessage`` and events."""
    return f"Last Error  {error} Stop Reason FATAL_ERROR Error Level FATAL"


class Lifecycle:
    """Starts, follows, stops and removes tasks."""

    def __init__(self) -> None:
        self._watcher = Watcher(self._look)

    def start(self, run: TaskRun, replication: Replication, position: str | None) -> None:
        """Start from nothing, or go on when `position` says where or there is something left."""
        fresh = not run.established
        run.replication = replication
        run.begin(fresh=fresh)

        def work() -> None:
            if fresh:
                replication.start()
            else:
                replication.resume(position)

        flag = "fresh start" if fresh else "resume"
        self._run(run, work, lambda: self._started(run, flag))

    def stop(self, run: TaskRun) -> None:
        """Stop at the user's wish."""
        run.task.status = STOPPING
        self._watcher.forget(run)
        replication = run.replication
        assert replication is not None
        self._run(
            run, replication.stop, lambda: self._ended(run, NORMAL, "Replication task stopped")
        )

    def reload(self, run: TaskRun, names: Sequence[TableName]) -> None:
        """Load tables again; raises what makes that impossible before anything is changed."""
        replication = run.replication
        assert replication is not None
        with LOCK.released(), run.lock:
            replication.reload(names)
        run.load_finished = None

    def delete(self, run: TaskRun, forget: Callable[[], None]) -> None:
        """Remove what the task has in both databases, then the task by `forget`."""
        run.task.status = DELETING

        def gone() -> None:
            forget()
            run.address.notify(notifications.DELETED, "The replication task has been deleted.")

        self._run(run, run.replication.drop if run.replication is not None else _nothing, gone)

    def close(self) -> None:
        """Stop following every task, and let go of the servers."""
        self._watcher.close()

    def _run(self, run: TaskRun, work: Callable[[], None], then: Callable[[], None]) -> None:
        """Do a task's work in the background, then the rest under the cloud's lock."""

        def guarded() -> None:
            try:
                with run.lock:
                    work()
            except Exception as error:
                if not isinstance(error, ReplicationError):
                    log.exception("task %s", run.task.id)
                self._failed(run, error)
                return
            with LOCK.holding():
                then()

        run_in_background(f"replication task {run.task.id}", guarded)

    def _started(self, run: TaskRun, flag: str) -> None:
        run.task.status = RUNNING
        run.established = True
        run.address.notify(notifications.STARTED, f"Replication task started, with flag, {flag}")
        self._watcher.follow(run)

    def _ended(self, run: TaskRun, reason: str, message: str) -> None:
        run.end(STOPPED, reason)
        run.address.notify(notifications.STOPPED, message)

    def _failed(self, run: TaskRun, error: Exception) -> None:
        with LOCK.holding():
            run.end(FAILED, failure_message(error))
            run.address.notify(notifications.FAILED, run.last_failure)

    def _look(self, run: TaskRun) -> bool:
        """Look at a running task, with its lock held; return whether to go on looking."""
        replication = run.replication
        assert replication is not None
        try:
            replication.observe()
        except UnreachableError as error:
            # Recoverable for DMS: it tries again, and so do the subscription's workers.
            log.warning("task %s: %s", run.task.id, error)
            return True
        except ReplicationError as error:
            self._give_up(run, replication, error)
            return False
        if not replication.progress.loaded or run.load_finished is not None:
            return True
        return self._load_finished(run, replication)

    def _give_up(self, run: TaskRun, replication: Replication, error: ReplicationError) -> None:
        if run.task.status != RUNNING:
            return  # it is being stopped, and that will tell how it ended
        try:
            replication.stop()
        except ReplicationError as second:
            log.warning("task %s: %s", run.task.id, second)
        self._failed(run, error)

    def _load_finished(self, run: TaskRun, replication: Replication) -> bool:
        """Note the end of the load, and stop where the task's type or settings say so."""
        assignment = replication.assignment
        with LOCK.holding():
            if assignment.loads:
                run.load_finished = max(
                    (c.load_finished for c in run.counters.values() if c.load_finished),
                    default=run.started,
                )
        reloaded = any(counter.reloaded for counter in run.counters.values())
        reason = ""
        if reloaded:
            return True
        if not assignment.follows:
            reason = FULL_LOAD_FINISHED
        elif assignment.loads and assignment.settings.stop_without_cached_changes:
            reason = AFTER_FULL_LOAD
        elif assignment.loads and assignment.settings.stop_after_cached_changes:
            reason = AFTER_CACHED_EVENTS
        if not reason:
            return True
        try:
            if assignment.follows:
                replication.stop()
            else:
                replication.drop()
        except ReplicationError as error:
            self._failed(run, error)
            return False
        with LOCK.holding():
            run.established = assignment.follows
            self._ended(run, reason, reason)
        return False


def _nothing() -> None:
    """Nothing is left of a task that never started."""
