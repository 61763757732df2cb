"""Looks at every running task in turn: one thread for all of them."""

import logging
import threading
import time
from collections.abc import Callable

from localcloud.cloud.database_migration.task_run import RUNNING, TaskRun

log = logging.getLogger(__name__)

LOADING_SECONDS = 0.2
FOLLOWING_SECONDS = 0.5
METRIC_SECONDS = 5.0


class Watcher:
    """Calls `look` for each task as long as it says so, and puts the task's metrics.

    `look` is called with the task's lock held; a task whose lock is taken waits for its next turn.
    """

    def __init__(self, look: Callable[[TaskRun], bool]) -> None:
        self._look = look
        self._guard = threading.Lock()
        self._followed: dict[int, TaskRun] = {}
        self._measured: dict[int, float] = {}
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def follow(self, run: TaskRun) -> None:
        """Look at this task from now on."""
        with self._guard:
            if self._closed:
                return
            self._followed[id(run)] = run
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name="replication-watcher", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def forget(self, run: TaskRun) -> None:
        """Look at this task no more."""
        with self._guard:
            self._followed.pop(id(run), None)
            self._measured.pop(id(run), None)

    def close(self) -> None:
        """End the thread, and let go of the servers."""
        with self._guard:
            self._closed = True
            followed, self._followed = list(self._followed.values()), {}
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=FOLLOWING_SECONDS * 4)
        for run in followed:
            if run.replication is not None:
                run.replication.progress.close()

    def _watch(self) -> None:
        while not self._closed:
            with self._guard:
                runs = list(self._followed.values())
            self._wake.clear()
            for run in runs:
                self._visit(run)
            self._wake.wait(_pause(runs))

    def _visit(self, run: TaskRun) -> None:
        if not run.lock.acquire(blocking=False):
            return
        try:
            if run.task.status != RUNNING:
                return
            if not self._look(run):
                self.forget(run)
            self._measure(run)
        except Exception:
            log.exception("looking at replication task %s failed", run.task.id)
        finally:
            run.lock.release()

    def _measure(self, run: TaskRun) -> None:
        now = time.monotonic()
        replication = run.replication
        if replication is None or not replication.assignment.follows:
            return
        if now - self._measured.get(id(run), float("-inf")) < METRIC_SECONDS:
            return
        self._measured[id(run)] = now
        progress = replication.progress
        run.address.measure(
            {
                "CDCLatencySource": progress.source_latency,
                "CDCLatencyTarget": progress.target_latency,
            }
        )


def _pause(runs: list[TaskRun]) -> float | None:
    """Return how long to wait: for ever without a task, shorter while one is loading."""
    if not runs:
        return None
    loading = any(run.load_finished is None for run in runs)
    return LOADING_SECONDS if loading else FOLLOWING_SECONDS
