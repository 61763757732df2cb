"""The workers of all functions: lent to one invocation at a time, kept warm, ended when unused."""

import threading
import time
from collections.abc import Callable

from localcloud.cloud.lambda_functions.specification import FunctionSpecification
from localcloud.cloud.lambda_functions.worker import Worker

MAXIMUM_WORKERS = 20
IDLE_SECONDS = 300.0
WAIT_SECONDS = 30.0

_REAP_INTERVAL_SECONDS = 15.0


class NoWorkerError(Exception):
    """Every worker stayed busy for as long as an invocation waits for one."""


class WorkerPool:
    """Starts workers as needed up to a bound; beyond it, invocations wait for a free one.

    A function's idle workers of an older code or configuration end as soon as a newer one is
    invoked, its busy ones when they come back.
    """

    def __init__(
        self,
        start_worker: Callable[[FunctionSpecification], Worker],
        maximum: int = MAXIMUM_WORKERS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._start_worker = start_worker
        self._maximum = maximum
        self._wait_seconds = wait_seconds
        self._changed = threading.Condition()
        self._idle: dict[str, list[Worker]] = {}
        self._busy: dict[Worker, str] = {}
        self._starting = 0
        self._current: dict[str, str] = {}
        self._stopped = threading.Event()
        threading.Thread(target=self._reap, name="lambda-reaper", daemon=True).start()

    def acquire(self, specification: FunctionSpecification) -> Worker:
        """Return a worker for this specification, an idle one if there is any.

        Raises NoWorkerError when none gets free in the time that an invocation waits.
        """
        key = specification.key
        with self._changed:
            self._retire_older(specification)
            worker = self._take_idle_or_reserve(key)
            if worker is not None:
                self._busy[worker] = key
                return worker
        try:
            worker = self._start_worker(specification)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        with self._changed:
            self._busy[worker] = key
        return worker

    def release(self, specification: FunctionSpecification, worker: Worker) -> None:
        """Take a worker back; it is kept warm if it is alive and of the current version."""
        key = specification.key
        with self._changed:
            self._busy.pop(worker, None)
            keep = (
                worker.alive
                and not self._stopped.is_set()
                and self._current.get(specification.arn) == key
            )
            if keep:
                self._idle.setdefault(key, []).append(worker)
            self._changed.notify()
        if not keep:
            worker.stop()

    def stop(self) -> None:
        """End every worker, busy or not."""
        self._stopped.set()
        with self._changed:
            workers = [worker for group in self._idle.values() for worker in group]
            self._idle.clear()
            busy = list(self._busy)
        for worker in workers:
            worker.stop()
        for worker in busy:
            worker.kill()

    def _take_idle_or_reserve(self, key: str) -> Worker | None:
        """Return an idle worker, or None when a new one may be started; its place is reserved."""
        deadline = time.monotonic() + self._wait_seconds
        while True:
            idle = self._idle.get(key)
            while idle:
                worker = idle.pop()
                if worker.alive:
                    return worker
                worker.stop()
            if self._count() < self._maximum or self._end_longest_idle():
                self._starting += 1
                return None
            if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                raise NoWorkerError(f"{self._maximum} workers stayed busy: {self._wait_seconds} s")

    def _count(self) -> int:
        return self._starting + len(self._busy) + sum(len(group) for group in self._idle.values())

    def _end_longest_idle(self) -> bool:
        candidates = [worker for group in self._idle.values() for worker in group]
        if not candidates:
            return False
        self._end_idle(min(candidates, key=lambda worker: worker.last_used))
        return True

    def _end_idle(self, worker: Worker) -> None:
        for key, group in list(self._idle.items()):
            if worker in group:
                group.remove(worker)
                if not group:
                    del self._idle[key]
        worker.stop()

    def _retire_older(self, specification: FunctionSpecification) -> None:
        older = self._current.get(specification.arn)
        self._current[specification.arn] = specification.key
        if older is not None and older != specification.key:
            for worker in self._idle.pop(older, []):
                worker.stop()

    def _reap(self) -> None:
        while not self._stopped.wait(_REAP_INTERVAL_SECONDS):
            limit = time.monotonic() - IDLE_SECONDS
            with self._changed:
                for worker in [w for group in self._idle.values() for w in group]:
                    if worker.last_used < limit:
                        self._end_idle(worker)
