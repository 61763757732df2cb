"""Compares any two databases that connection strings name, in this process."""

import sys
import threading
from dataclasses import replace

from rich.console import Console

from deploy.errors import CommandError, UsageError
from deploy.interrupts import on_interrupt
from functions.data_validation.checkpoints import FolderStore
from functions.data_validation.comparison import Limits
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.preparation import Selection
from functions.data_validation.refusals import explained
from functions.data_validation.report import Report
from functions.data_validation.run import CONCURRENCY, validate
from functions.data_validation.sessions import Session
from functions.data_validation.workers import Connect, Endpoints, StoppedError
from functions.runtime.errors import DatabaseError, FunctionError, SideUnavailableError
from validation.errors import UnverifiedError
from validation.options import Arguments, Options
from validation.progress import show_progress
from validation.psycopg_session import PsycopgSession, connect

STATEMENT_TIMEOUT_SECONDS = 300.0
"""A table without a key is read in one statement, however long that takes within reason."""


def compare_databases(arguments: Arguments, options: Options, console: Console) -> Report | None:
    """Compare by the URLs; None when interrupted, which has been told by then.

    Raises UsageError when nothing was compared, UnverifiedError when it broke off midway.
    """
    connections = _Connections(options.statement_timeout or STATEMENT_TIMEOUT_SECONDS)
    endpoints = _endpoints(arguments, connections)
    store = None if options.checkpoint is None else FolderStore(options.checkpoint)
    stop = threading.Event()

    def end() -> None:
        stop.set()
        connections.cancel()

    with show_progress(console) as watcher:
        try:
            with on_interrupt(end):
                return validate(
                    endpoints,
                    _selection(options),
                    limits=_limits(options),
                    concurrency=options.concurrency or CONCURRENCY,
                    store=store,
                    watcher=watcher,
                    stop=stop,
                )
        except FunctionError as error:
            failure = error
    if isinstance(failure, StoppedError) or stop.is_set():
        print(f"interrupted\nnext: {_how_to_go_on(options)}", file=sys.stderr)
        return None
    raise _told(failure, options, began=watcher.plan is not None) from None


def _selection(options: Options) -> Selection:
    selection = Selection(
        schemas=options.schemas,
        tables=options.tables,
        compare_schema=options.compare_schema,
        ignored=options.ignored,
    )
    if options.replication is None:
        return selection
    return replace(selection, replication=options.replication)


def _limits(options: Options) -> Limits:
    limits = Limits(max_rate=options.max_rate)
    if options.recheck_seconds is None:
        return limits
    return replace(limits, recheck_seconds=float(options.recheck_seconds))


def _told(failure: FunctionError, options: Options, *, began: bool) -> CommandError:
    """Return a failure as the user is told of it: nothing compared, or broken off."""
    if isinstance(failure, CheckpointError) and not began:
        return UsageError(
            f"--checkpoint {options.checkpoint}: {failure}\nnext: give another folder"
        )
    reason = explained(failure) if isinstance(failure, DatabaseError) else str(failure)
    if isinstance(failure, UnusableInputError) or not began:
        return UsageError(reason)
    return UnverifiedError(f"the comparison broke off: {reason}\nnext: {_how_to_go_on(options)}")


def _how_to_go_on(options: Options) -> str:
    if options.checkpoint is None:
        return "begin again; with --checkpoint FOLDER an interrupted comparison can be gone on with"
    return f"the same command goes on from {options.checkpoint}"


def _endpoints(arguments: Arguments, connections: "_Connections") -> Endpoints:
    source, target = arguments.source_url, arguments.target_url
    if source is None or target is None:
        missing = "--source-url" if source is None else "--target-url"
        raise UsageError(
            f"{missing} is missing: give both URLs, or none to compare what is deployed"
        )
    if arguments.run is not None:
        raise UsageError("--run is for what is deployed; with URLs, --checkpoint FOLDER")
    replica = arguments.source_replica_url
    return Endpoints(
        source=connections.by("--source-url", source),
        target=connections.by("--target-url", target),
        source_replica=(
            None if replica is None else connections.by("--source-replica-url", replica)
        ),
    )


class _Connections:
    """Every session of the run, so that an interrupt can end what they are doing."""

    def __init__(self, statement_timeout: float) -> None:
        self._statement_timeout = statement_timeout
        self._sessions: list[PsycopgSession] = []

    def by(self, option: str, url: str) -> Connect:
        """Return what connects by an option. The first failure to do so is the user's affair."""
        connected_before = False

        def connected() -> Session:
            nonlocal connected_before
            try:
                session = connect(url, option=option, statement_timeout=self._statement_timeout)
            except SideUnavailableError as error:
                if connected_before:
                    raise
                raise UnusableInputError(f"{option}: {error}") from None
            connected_before = True
            self._sessions.append(session)
            return session

        return connected

    def cancel(self) -> None:
        """Ask the servers to end the statements that run now."""
        for session in list(self._sessions):
            session.cancel()
