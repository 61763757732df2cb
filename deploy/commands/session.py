"""Opens what a command needs in the right order: refusals first, then the lock, then the engine."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console

from deploy.commands.console import make_console, say
from deploy.commands.options import Options
from deploy.commands.run import Session
from deploy.commands.selecting import known_graph, selected, tell
from deploy.exclusive import exclusive
from deploy.git import commit
from deploy.graph import Graph
from deploy.places import REPOSITORY
from deploy.programs import ProgramLauncher
from deploy.selection import Selection
from deploy.target import Target, choose
from deploy.workspaces import Workspace, open_workspace


@dataclass(frozen=True)
class Request:
    """A command that was understood: on which layers of which environment, for what reason."""

    options: Options
    graph: Graph
    selection: Selection
    target: Target


def understood(options: Options) -> Request:
    """Check everything that was typed. Raises UsageError; nothing is started or changed."""
    graph = known_graph()
    selection = selected(graph, options)
    target = choose(options.environment, options.engine)
    _ = options.workers, options.report_file, options.junit_file  # refused now, not in the end
    return Request(options, graph, selection, target)


@dataclass(frozen=True)
class Opened:
    """An environment that this command has for itself; the engine is started on demand."""

    request: Request
    workspace: Workspace
    console: Console

    def note(self, message: str) -> None:
        """Print one line as it is."""
        say(self.console, message)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Start the environment for the block."""
        engine = self.workspace.start(self.note)
        try:
            yield Session(
                self.workspace,
                engine,
                self.request.options,
                self.console,
                commit(REPOSITORY),
                self.request.selection.reasons,
            )
        finally:
            engine.close()


def in_environment(
    request: Request, work: Callable[[Opened], int], launcher: ProgramLauncher | None = None
) -> int:
    """Hold the environment, say what is worked on and why, and do the work."""
    console = make_console()
    options = request.options

    def notice(text: str) -> None:
        with suppress(OSError):
            print(f"notice: {text}", file=sys.stderr)

    with (
        exclusive(request.target.home, options.task, notice),
        open_workspace(request.target, launcher=launcher, environ=options.environ) as workspace,
    ):
        tell(request.selection, options, lambda text: say(console, text))
        return work(Opened(request, workspace, console))
