"""Follows an execution to its end, or until the user leaves it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from migration.executions import Execution, Executions
from migration.history import Event, visits
from migration.replication import Progress, Replication
from migration.view import View

POLL_SECONDS = 1.0


def follow(
    executions: Executions,
    arn: str,
    view: View,
    replication: Replication,
    interrupted: threading.Event,
    on_events: Callable[[list[Event]], None] = lambda events: None,
) -> Execution:
    """Show an execution until it ends or `interrupted` is set; return it as it was then.

    `on_events` is given the history at each look.
    """
    while True:
        execution = executions.describe(arn)
        events = executions.history(arn)
        on_events(events)
        elapsed = ((execution.stopped or datetime.now(UTC)) - execution.started).total_seconds()
        view.show(visits(events), known_progress(replication), elapsed)
        if not execution.running or interrupted.is_set():
            return execution
        interrupted.wait(POLL_SECONDS)


def known_progress(replication: Replication) -> Progress | None:
    """Return how far replication is, None when DMS does not tell just now.

    The rows are for the reader: throttling must not end what follows the workflow.
    """
    try:
        return replication.progress()
    except ClientError:
        return None
