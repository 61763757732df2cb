"""Why a subscription's worker failed, from the server's log. Pure.

PostgreSQL counts a worker's errors but tells them only to the log (PostgreSQL manual, "Conflicts"
in "Logical Replication"). A worker says there which subscription, and which table, it works for
when it starts; what its process says later is its own. Details and copied lines are left out:
they hold the rows' values.
"""

import re
from dataclasses import dataclass

_LINE = re.compile(r":\[(?P<process>\d+)\]:\s*(?P<level>[A-Z0-9]+):\s+(?P<text>.*)")
_STARTED = re.compile(
    r"logical replication (?:apply|table synchronization|tablesync|parallel apply|sequence \w+)"
    r' worker for subscription "(?P<subscription>[^"]+)"(?:, table "(?P<table>[^"]+)")?'
    r" has started"
)
_RECOVERABLE = (
    "could not connect to the publisher",
    "could not receive data from WAL stream",
    "could not send data to WAL stream",
    "could not receive list of replicated tables",
    "could not fetch table info",
    "could not start WAL streaming",
    "terminating logical replication worker due to",
    "terminating background worker",
    "canceling statement due to user request",
    "is already active for PID",
)
"""Errors that DMS calls recoverable: the other side went away, somebody asked to stop, or the
worker before this one has not ended yet."""


@dataclass
class WorkerError:
    """The last error of a worker: its message with the context, and the table it copied."""

    message: str
    table: str | None

    @property
    def is_recoverable(self) -> bool:
        """Whether trying again may help although nothing was changed."""
        return any(sign in self.message for sign in _RECOVERABLE)


def last_error(log: str, subscription: str) -> WorkerError | None:
    """Return the last error that a worker of this subscription logged, None if there is none."""
    tables: dict[str, str | None] = {}
    found: WorkerError | None = None
    owner = ""  # the process whose error was found last, as long as its lines go on
    for line in log.splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        process, level, text = match["process"], match["level"], match["text"]
        started = _STARTED.search(text)
        if started is not None:
            tables.pop(process, None)
            if started["subscription"] == subscription:
                tables[process] = started["table"]
        elif process in tables and level in ("ERROR", "FATAL"):
            found, owner = WorkerError(text, tables[process]), process
            continue
        elif found is not None and process == owner:
            if level == "CONTEXT":
                found.message += f" CONTEXT: {_without_values(text)}"
            elif level not in ("DETAIL", "HINT"):
                owner = ""
    return found


def _without_values(context: str) -> str:
    """Return a context without the line that was copied: ``COPY t, line 1, column c: "..."``."""
    return context.split(":", 1)[0] if context.startswith("COPY ") else context
