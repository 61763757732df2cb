"""Runs a plan from start to finish, as every deploying and destroying command does."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from rich.console import Console

from deploy.aws import required_output
from deploy.dispatch import EmbeddedDispatcher
from deploy.errors import CommandError
from deploy.events import RunResult
from deploy.interrupts import on_interrupt
from deploy.layers import REPOSITORY
from deploy.local import LocalEnvironment
from deploy.outputs import masked, write
from deploy.plan import Plan
from deploy.programs import ProgramLauncher
from deploy.progress import show_progress
from deploy.report import plan_tree, print_failures, summary_table
from deploy.scheduler import Scheduler
from deploy.tokens import fresh_token
from localcloud.control import CloudInfo, LaptopCloudError
from shared.contracts import DataOutputs, EdgeOutputs

INTERRUPTED = 130
_SIDES = ("source", "target")
_LOG_WIDTH = 120


@dataclass(frozen=True)
class Session:
    """A started environment, what starts programs in it, and the console to talk on."""

    environment: LocalEnvironment
    cloud: CloudInfo
    launcher: ProgramLauncher
    console: Console

    def note(self, message: str) -> None:
        """Print one line as it is."""
        self.console.print(message, markup=False, highlight=False, soft_wrap=True)


def run_in_session(
    environment: LocalEnvironment, launcher: ProgramLauncher, work: Callable[[Session], int]
) -> int:
    """Start the environment, do the work in it, and return the work's exit status."""
    console = _console()

    def note(message: str) -> None:
        console.print(f"laptop cloud: {message}", markup=False, highlight=False)

    try:
        cloud = environment.start(note)
    except LaptopCloudError as error:
        raise CommandError(f"the laptop cloud did not start\n{error}") from error
    return work(Session(environment, cloud, launcher, console))


def _console() -> Console:
    """Return the console; off a terminal it is wide enough for the summary's table."""
    console = Console(file=sys.stdout, soft_wrap=True)
    if not console.is_terminal:
        console.width = max(console.width, _LOG_WIDTH)
    return console


def execute(session: Session, plan: Plan) -> int:
    """Print, run and report a plan; return the exit status."""
    session.console.print(plan_tree(plan))
    with show_progress(plan, session.console) as view:
        dispatcher = EmbeddedDispatcher(
            session.environment,
            session.cloud,
            session.launcher,
            view.event,
            after_deploy=_prepare_databases(session),
        )
        scheduler = Scheduler(plan, dispatcher, started=view.started, settled=view.settled)
        with on_interrupt(scheduler.cancel):
            results = scheduler.run()
    present = session.environment.deployed()
    session.console.print()
    session.console.print(summary_table(results, present, _seconds_since_start()))
    print_failures(results, session.console)
    if scheduler.cancelled:
        session.note("interrupted: running operations were finished and recorded")
        return INTERRUPTED
    return 0 if all(result.run and result.run.ok for result in results) else 1


def _seconds_since_start() -> float:
    """Return how long the command has run, its own start and the laptop cloud's included."""
    return time.time() - psutil.Process().create_time()


def write_outputs(session: Session) -> None:
    """Write the flat outputs of every deployed layer and say where they are."""
    states = session.environment.states()
    path = write(
        REPOSITORY,
        {
            layer: masked(state.outputs, frozenset(state.secret_output_names))
            for layer, state in states.items()
        },
    )
    session.note(f"outputs:  {path.relative_to(REPOSITORY)}")


def print_how_to_call(session: Session) -> None:
    """Print the API's URL and a curl that makes a payment, ready to paste."""
    url = required_output(session.environment, EdgeOutputs.layer, "api_url")
    session.note(f"API:      {url}")
    session.note(
        "try it:\n"
        f"curl -X POST {url}/payments \\\n"
        f'  -H "Authorization: Bearer {fresh_token(session.cloud)}" \\\n'
        '  -H "Idempotency-Key: first-payment" -H "Content-Type: application/json" \\\n'
        '  -d \'{"amount":"12.50","currency":"SGD","reference":"invoice 1001"}\''
    )


def _prepare_databases(session: Session) -> Callable[[str, RunResult], None]:
    def prepare(layer: str, run: RunResult) -> None:
        if layer != DataOutputs.layer:
            return
        for side in _SIDES:
            session.environment.cloud.prepare_database(
                side,
                host=run.outputs[f"{side}_endpoint"],
                port=int(run.outputs[f"{side}_port"]),
                database_name=run.outputs["database_name"],
            )

    return prepare
