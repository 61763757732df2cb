"""Runs a plan from start to finish, as every command does that an engine works for."""

import getpass
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import psutil
from rich.console import Console

from deploy import junit, run_report
from deploy.abandon import INTERRUPTED, abandon, what_may_be_left
from deploy.commands.console import say
from deploy.commands.options import Options
from deploy.dispatch import (
    DriftLook,
    EngineDispatcher,
    Work,
    no_variables,
    placeholders,
)
from deploy.engines.interface import Engine
from deploy.events import Event
from deploy.events_kept import KeptEvents
from deploy.git import Commit
from deploy.interrupts import on_interrupt
from deploy.layer_logs import LayerLogs, run_name
from deploy.plan import Plan, Step
from deploy.progress import show_progress
from deploy.provenance import Bookkeeper, now
from deploy.report import drift_report, plan_tree, print_failures, summary_table
from deploy.run_report import FinishedRun
from deploy.scheduler import Outcome, Scheduler, StepResult
from deploy.workspaces import Workspace

FAILED, REFUSED, DRIFTED = 1, 2, 3


class Mode(StrEnum):
    """What is done with a plan."""

    DEPLOY = "deploy"
    DESTROY = "destroy"
    PREVIEW = "preview"
    DRIFT = "drift"

    @property
    def changes_something(self) -> bool:
        """Whether the cloud may be another one afterwards."""
        return self in (Mode.DEPLOY, Mode.DESTROY)


@dataclass
class Session:
    """A started environment, its engine, what was typed, and the console to talk on."""

    workspace: Workspace
    engine: Engine
    options: Options
    console: Console
    commit: Commit | None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def note(self, message: str) -> None:
        """Print one line as it is."""
        say(self.console, message)


@dataclass
class Runner:
    """Carries out one plan in one mode, and tells how it went.

    `work` wraps what is done with each layer; `books` keeps the layers' records where something
    changes; `done_before` are layers that a resumed run leaves out.
    """

    session: Session
    plan: Plan
    mode: Mode
    work: Work
    books: Bookkeeper | None = None
    done_before: Sequence[str] = ()
    drift: DriftLook = field(default_factory=DriftLook)
    _kept: KeptEvents = field(default_factory=KeptEvents)

    def run(self) -> int:
        """Print, run and report the plan; return the exit status."""
        started, clock = now(), time.monotonic()
        session, options = self.session, self.session.options
        session.console.print(plan_tree(self.plan, str(self.mode)))
        with LayerLogs(session.workspace.target.home, run_name(options.task)) as logs:
            results, cancelled, refused = self._scheduled(logs)
            status = self._status(results, cancelled, refused)
            finished = FinishedRun(
                command=options.task,
                environment=self.plan.environment,
                engine=session.engine.name,
                user=f"{getpass.getuser()}@{socket.gethostname()}",
                commit=session.commit,
                started=started,
                ended=now(),
                seconds=time.monotonic() - clock,
                results=results,
                cancelled=cancelled,
                mode=str(self.mode),
                exit_code=status,
                reasons=session.reasons,
                done_before=self.done_before,
                changes={layer: self._kept.changes(layer) for layer in self.plan.layers},
                drifts=self.drift.results,
                logs={layer: logs.file(layer) for layer in self.plan.layers},
            )
            self._tell(finished, logs)
        _write_reports(finished, options)
        return status

    def _scheduled(self, logs: LayerLogs) -> tuple[list[StepResult], bool, set[str]]:
        """Run the plan; return the results, whether it was interrupted, and what was refused."""
        session = self.session
        with show_progress(self.plan, session.console, str(self.mode)) as view:

            def listen(layer: str, event: Event) -> None:
                self._kept.event(layer, event)
                logs.event(layer, event)
                view.event(layer, event)

            def started(step: Step) -> None:
                if self.books is not None:
                    self.books.started(step)
                view.started(step)

            def settled(result: StepResult) -> None:
                if result.run is not None:
                    logs.errors(result.step.layer, (error.message for error in result.run.errors))
                if self.books is not None:
                    self.books.settled(result)
                view.settled(result)

            dispatcher = EngineDispatcher(
                session.engine,
                listen,
                self.work,
                placeholders if self.mode is Mode.PREVIEW else no_variables,
            )
            scheduler = Scheduler(
                self.plan,
                dispatcher,
                parallel=session.options.workers,
                coming=dispatcher.prepare if self.mode is Mode.DEPLOY else lambda step: None,
                started=started,
                settled=settled,
            )
            with dispatcher, on_interrupt(scheduler.cancel, self._stop):
                results = scheduler.run()
        return results, scheduler.cancelled, dispatcher.refused

    def _stop(self) -> None:
        again = self.session.options.typed()
        if self.mode is Mode.DEPLOY:
            again += " --resume"
        elif self.mode is Mode.DESTROY:
            again += " --yes"
        abandon(
            lambda: what_may_be_left(self._kept.under_way(), again),
            self.session.workspace.spared_process,
        )

    def _status(self, results: Sequence[StepResult], cancelled: bool, refused: set[str]) -> int:
        if cancelled:
            return INTERRUPTED
        failed = {result.step.layer for result in results if result.outcome is Outcome.FAILED}
        changed = any(result.run.changes for result in results if result.run)
        if failed and failed <= refused and not (changed and self.mode.changes_something):
            return REFUSED
        if any(result.outcome is not Outcome.SUCCEEDED for result in results):
            return FAILED
        return DRIFTED if any(found.resources for found in self.drift.results.values()) else 0

    def _tell(self, finished: FinishedRun, logs: LayerLogs) -> None:
        session, results = self.session, finished.results
        session.console.print()
        if self.mode is Mode.DRIFT:
            say(session.console, drift_report(self.drift.results))
        else:
            present = (
                session.workspace.recorded().deployed()
                if self.mode.changes_something
                else {step.layer: step.resources for step in self.plan.steps}
            )
            table = summary_table(
                results, present, _seconds_since_start(), planned=self.mode is Mode.PREVIEW
            )
            session.console.print(table)
        print_failures(results, session.console, str(self.mode), logs)
        if finished.cancelled:
            session.note("interrupted: running operations were finished and recorded")
            if self.mode is Mode.DEPLOY:
                session.note(f"next: {session.options.typed()} --resume")


def _write_reports(finished: FinishedRun, options: Options) -> None:
    if options.report_file is not None:
        run_report.write(finished, options.report_file)
    if options.junit_file is not None:
        junit.write(finished, options.junit_file)


def _seconds_since_start() -> float:
    """Return how long the command has run, its own start and the laptop cloud's included."""
    return time.time() - psutil.Process(os.getpid()).create_time()
