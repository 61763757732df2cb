"""Waits until a replica of the source may stand in for it."""

import threading
import time

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.positions import replica_ready, wal_position
from functions.data_validation.sessions import Session

REPLICA_SECONDS = 20.0
POLL_SECONDS = 0.1


def await_replica(
    writer: Session, replica: Session, stop: threading.Event, seconds: float = REPLICA_SECONDS
) -> None:
    """Wait until the replica shows what the writer does now, or `stop` is set.

    Raises UnusableInputError, with the reason, when it does not get there within `seconds`.
    """
    start = wal_position(writer)
    deadline = time.monotonic() + seconds
    ((tells,),) = replica.run("SELECT pg_catalog.pg_last_wal_replay_lsn() IS NOT NULL")
    while not (readiness := replica_ready(replica, start)).ready:
        if time.monotonic() >= deadline or not tells:
            raise UnusableInputError(f"the source's replica cannot be used: {readiness.reason}")
        if stop.wait(POLL_SECONDS):
            return
