"""Writes to CloudWatch Logs on behalf of services, after the request that they are about.

One thread writes in order, so neither a function's caller nor an API's client waits for moto.
Metrics that are embedded in the lines go to CloudWatch.
"""

import logging
import queue
import threading
import time
from dataclasses import dataclass

from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.embedded_metrics import extract

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogLines:
    """Lines for one stream; the group is made first when `create_group` says so."""

    account_id: str
    region: str
    group: str
    stream: str
    lines: tuple[str, ...]
    create_group: bool
    timestamp_ms: int


class LogDelivery:
    """A queue of lines and the thread that writes them."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[LogLines] = queue.SimpleQueue()
        threading.Thread(target=self._deliver, name="log-delivery", daemon=True).start()

    def put(
        self,
        account_id: str,
        region: str,
        group: str,
        stream: str,
        lines: list[str],
        *,
        create_group: bool,
    ) -> None:
        """Queue lines for a stream; lines for a group that does not exist are dropped."""
        now = int(time.time() * 1000)
        self._queue.put(
            LogLines(account_id, region, group, stream, tuple(lines), create_group, now)
        )

    def _deliver(self) -> None:
        while True:
            batch = self._queue.get()
            try:
                _write(batch)
            except Exception:
                log.exception("log lines for %s are lost", batch.group)


def _write(batch: LogLines) -> None:
    events = [{"timestamp": batch.timestamp_ms, "message": line} for line in batch.lines]
    with LOCK.holding():
        from moto.logs.models import logs_backends

        backend = logs_backends[batch.account_id][batch.region]
        if batch.create_group:
            backend.ensure_log_group(batch.group)
        elif batch.group not in backend.groups:
            return
        backend.ensure_log_stream(batch.group, batch.stream)
        backend.put_log_events(batch.group, batch.stream, events)
    _put_metrics(batch)


def _put_metrics(batch: LogLines) -> None:
    found = [datum for line in batch.lines for datum in extract(line)]
    if not found:
        return
    with LOCK.holding():
        from moto.cloudwatch.models import cloudwatch_backends

        backend = cloudwatch_backends[batch.account_id][batch.region]
        for datum in found:
            backend.put_metric_data(datum.namespace, [datum.data])
