"""`invoke migrate`, `invoke rollback` and `invoke migration-status`.

Each returns an exit status: 0 when it ended well, 1 when it did not, 130 when the user left it.
"""

import getpass
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from deploy.errors import CommandError, UsageError
from deploy.interrupts import on_interrupt
from migration import approval, report
from migration.access import MIGRATION, ROLLBACK, Access, access
from migration.executions import Execution, Executions
from migration.follow import follow, known_progress
from migration.history import Event
from migration.replication import Replication
from migration.report import WorkflowReport
from migration.view import View, print_end

INTERRUPTED = 130
_GOOD = {report.CUT_OVER, report.ROLLED_BACK}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Options:
    """What a user typed; `report` is where the JSON goes."""

    environment: str = "local"
    reason: str | None = None
    run: str | None = None
    approval: bool = False
    approve: bool = False
    report: str | None = None


def migrate(options: Options) -> int:
    """Start the migration unless one runs, and follow it. Raises UsageError, CommandError."""
    return _told(lambda: _migrate(options))


def rollback(options: Options) -> int:
    """Start a rollback unless one runs, and follow it. Raises UsageError, CommandError."""
    return _told(lambda: _rollback(options))


def status(options: Options) -> int:
    """Print the latest migration and the latest rollback. Raises UsageError, CommandError."""
    return _told(lambda: _status(options))


def _told(work: Any) -> int:
    try:
        result: int = work()
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"the environment does not answer: {error}\n"
            "next: check the credentials and the region; a workflow that has started goes on"
        ) from error
    return result


def _migrate(options: Options) -> int:
    name = _run_name(options.run, MIGRATION)
    given: dict[str, Any] = {"reason": options.reason or "invoke migrate", "run": name}
    if options.approval:
        given["approval"] = True
    return _run(options, MIGRATION, name, given)


def _rollback(options: Options) -> int:
    if not (options.reason or "").strip():
        raise UsageError("a rollback needs a reason\nnext: invoke rollback --reason 'why'")
    name = _run_name(options.run, ROLLBACK)
    return _run(options, ROLLBACK, name, {"reason": options.reason, "run": name})


def _run_name(typed: str | None, purpose: str) -> str:
    name = typed or f"{purpose}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if not _NAME.fullmatch(name):
        raise UsageError(f"--run {name}: give 1 to 64 letters, digits, hyphens or underscores")
    return name


def _run(options: Options, purpose: str, name: str, given: Mapping[str, Any]) -> int:
    _require_writable(options.report)
    reached = access(options.environment)
    executions = Executions(reached, purpose)
    definition = executions.definition()
    console = Console(highlight=False)
    running = executions.running()
    if running is None and options.approve:
        raise UsageError(f"no {purpose} runs, so there is nothing to approve")
    if running is not None:
        _require_same_run(options.run, executions.describe(running), purpose)
    arn = running or executions.start(f"{name}-{datetime.now(UTC):%H%M%S%f}", given)
    verb = "following" if running else "started"
    console.print(f"{verb} {arn}", markup=False, soft_wrap=True)
    approver = _Approver(reached, console) if options.approve else None
    interrupted = threading.Event()
    replication = Replication(reached)
    with on_interrupt(interrupted.set), View(console, definition) as view:
        watch = approver or (lambda events: None)
        execution = follow(executions, arn, view, replication, interrupted, watch)
    return _ended(options, console, purpose, execution, executions, replication)


def _require_same_run(typed: str | None, running: Execution, purpose: str) -> None:
    """Raise UsageError when a run is named that is not the one under way."""
    under_way = (running.given or {}).get("run") or running.name
    if typed not in (None, under_way):
        raise UsageError(
            f"--run {typed}: the {purpose} {under_way} is under way, and there is one at a time\n"
            "next: leave --run out to follow that one, or wait for its end"
        )


def _ended(
    options: Options,
    console: Console,
    purpose: str,
    execution: Execution,
    executions: Executions,
    replication: Replication,
) -> int:
    """Print and write what is known at the end, or when the user leaves."""
    found = _report(purpose, execution, executions, replication)
    _write(options.report, found)
    if execution.running:
        task = "migrate" if purpose == MIGRATION else "rollback --reason …"
        print(f"the {purpose} goes on\nnext: invoke {task} follows it again", file=sys.stderr)
        return INTERRUPTED
    print_end(console, found)
    if found.verdict in _GOOD:
        return 0
    run = (execution.given or {}).get("run")
    if purpose == MIGRATION and run:
        print(f"next: mend the cause, then: invoke migrate --run {run}", file=sys.stderr)
    return 1


def _status(options: Options) -> int:
    _require_writable(options.report)
    reached = access(options.environment)
    console = Console(highlight=False)
    found = None
    for purpose in (MIGRATION, ROLLBACK):
        executions = Executions(reached, purpose)
        arn = executions.latest()
        if arn is None:
            console.print(f"{purpose}: never started")
            continue
        execution = executions.describe(arn)
        latest = _report(purpose, execution, executions, Replication(reached))
        _print_status(console, latest)
        if found is None or latest.execution.started > found.execution.started:
            found = latest
    if found is not None:
        _write(options.report, found)
    return 0


def _print_status(console: Console, found: WorkflowReport) -> None:
    if not found.execution.running:
        console.print(f"{found.workflow}:")
        print_end(console, found)
        return
    state = found.visits[-1].state if found.visits else "its start"
    console.print(f"{found.workflow}: in {state} for {found.seconds:,.0f} s in all")


def _report(
    purpose: str, execution: Execution, executions: Executions, replication: Replication
) -> WorkflowReport:
    events = executions.history(execution.arn)
    return report.report(purpose, execution, events, known_progress(replication))


class _Approver:
    """Approves once, as soon as the execution asks for it."""

    def __init__(self, reached: Access, console: Console) -> None:
        self._states = reached.states
        self._console = console
        self._done = False

    def __call__(self, events: list[Event]) -> None:
        """Look for the question in the history. Raises CommandError if it can't be answered."""
        token = None if self._done else approval.task_token(events)
        if token is None:
            return
        approval.approve(self._states, token, getpass.getuser())
        self._done = True
        self._console.print("approved")


def _require_writable(path: str | None) -> None:
    """Raise UsageError before anything starts when the report could not be written."""
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise UsageError(f"--report {path}: there is no folder {Path(path).absolute().parent}")


def _write(path: str | None, found: WorkflowReport) -> None:
    if path is None:
        return
    try:
        report.write(Path(path), found)
    except OSError as error:
        raise CommandError(f"--report {path} cannot be written: {error.strerror}") from error
