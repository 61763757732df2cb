"""One task's run: what it is doing, since when, and why it ended.

`lock` lets one thread at the replication; the fields are changed under the cloud's lock, and
moto's task has the status.
"""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.dms.models import FakeReplicationTask

from localcloud.cloud.database_migration.notifications import TaskAddress
from localcloud.replication import Replication, TableCounter, TableName

READY, STARTING, RUNNING, STOPPING = "ready", "starting", "running", "stopping"
STOPPED, FAILED, DELETING = "stopped", "failed", "deleting"
AT_REST = (READY, STOPPED, FAILED)

NORMAL = "Stop Reason NORMAL"
FULL_LOAD_FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
AFTER_FULL_LOAD = "Stop Reason STOPPED_AFTER_FULL_LOAD"
AFTER_CACHED_EVENTS = "Stop Reason STOPPED_AFTER_CACHED_EVENTS"


@dataclass
class TaskRun:
    """A task that was started at least once, or is about to be."""

    task: FakeReplicationTask
    address: TaskAddress
    replication: Replication | None = None
    established: bool = False
    """Whether both databases hold what a resumption needs."""
    started_before: bool = False
    stop_reason: str = ""
    last_failure: str = ""
    fresh_start: datetime | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    load_finished: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def counters(self) -> dict[TableName, TableCounter]:
        """The figures of every table."""
        return self.replication.progress.counters if self.replication is not None else {}

    def begin(self, *, fresh: bool) -> None:
        """Note that the task was asked to start."""
        self.task.status = STARTING
        self.started_before = True
        self.stop_reason = self.last_failure = ""
        self.started, self.stopped = datetime.now(UTC), None
        if fresh or self.fresh_start is None:
            self.fresh_start, self.load_finished = self.started, None

    def end(self, status: str, reason: str) -> None:
        """Note that the task stopped or failed, and why."""
        self.task.status = status
        self.stop_reason = reason
        self.stopped = datetime.now(UTC)
        if status == FAILED:
            self.last_failure = reason

    def describe(self) -> dict[str, Any]:
        """Return the members of ReplicationTask that are about the run."""
        described: dict[str, Any] = {}
        if self.started is not None:
            described["ReplicationTaskStartDate"] = self.started.timestamp()
            described["ReplicationTaskStats"] = self._statistics()
        if self.stop_reason:
            described["StopReason"] = self.stop_reason
        if self.last_failure:
            described["LastFailureMessage"] = self.last_failure
        if self.replication is not None and self.replication.progress.checkpoint:
            described["RecoveryCheckpoint"] = self.replication.progress.checkpoint
        return described

    def _statistics(self) -> dict[str, Any]:
        loading = [counter for counter in self.counters.values() if counter.loads]
        states = [counter.state for counter in loading]
        loaded = states.count("Table completed")
        end = self.stopped or datetime.now(UTC)
        assert self.started is not None
        dates = {
            "FreshStartDate": self.fresh_start,
            "StartDate": self.started,
            "StopDate": self.stopped,
            "FullLoadStartDate": self.fresh_start if loading else None,
            "FullLoadFinishDate": self.load_finished,
        }
        return {
            "FullLoadProgressPercent": 100 * loaded // len(states) if states else 100,
            "ElapsedTimeMillis": int((end - self.started).total_seconds() * 1000),
            "TablesLoaded": loaded,
            "TablesLoading": states.count("Full load"),
            "TablesQueued": states.count("Before load"),
            "TablesErrored": states.count("Table error"),
            **{name: date.timestamp() for name, date in dates.items() if date is not None},
        }
