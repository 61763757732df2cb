"""Contestants, each a program that answers requests to compare one table of two databases.

A contestant runs in a process of its own, reads one JSON request a line and writes one JSON answer
a line: seconds from connect to verdict, its verdict, the rows it calls different, or an error.
"""

import json
import subprocess
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
COMPARISON_LIMIT_SECONDS = 1_800.0
_LAST_WORDS = 200


@dataclass(frozen=True)
class Request:
    """What to compare. `columns` are those beside the key; both URLs are libpq's."""

    source: str
    target: str
    schema: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A row that a contestant calls different: missing, extra or different; its key as text."""

    kind: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a comparison; with `error` set, nothing else means anything."""

    seconds: float = 0.0
    equal: bool = False
    found: tuple[Found, ...] = ()
    peak_megabytes: float = 0.0
    server_seconds: float = 0.0
    """Processor time of both servers together, filled in by who knows the servers."""

    error: str | None = None


@dataclass(frozen=True)
class Contestant:
    """A program, how to start it, and what it is told beside the request.

    `names_rows` is False for one that only tells equal from different.
    """

    name: str
    command: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    names_rows: bool = True
    largest: int | None = None
    """Rows of the largest table it takes part in."""

    rounds_when_large: int | None = None
    """Rounds above a million rows, if fewer than the others'."""

    def compare(self, request: Request, log: Path) -> Answer:
        """Start the program, let it compare once, and end it."""
        worker = Worker(self, log)
        try:
            return worker.ask(request, COMPARISON_LIMIT_SECONDS)
        finally:
            worker.close()


class Worker:
    """A contestant's running process; a dead one is started anew by the next request."""

    def __init__(self, contestant: Contestant, log: Path) -> None:
        self._contestant = contestant
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def ask(self, request: Request, limit_seconds: float, **settings: Any) -> Answer:
        """Have one table compared. A process that dies, or takes too long, is an error's answer.

        `settings` stand in for the contestant's own.
        """
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        line = json.dumps(asdict(request) | self._contestant.settings | settings)
        timer = threading.Timer(limit_seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            reply = process.stdout.readline()
        except BrokenPipeError:
            reply = ""
        finally:
            in_time = timer.is_alive()
            timer.cancel()
        if reply:
            return _answer(json.loads(reply), _peak_megabytes(process.pid))
        self.close()
        if not in_time:
            return Answer(error=f"no verdict in {limit_seconds:g} seconds")
        return Answer(error=f"the process ended: {self._last_words()}")

    def close(self) -> None:
        """End the process; closing again does nothing."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                _close_quietly(pipe)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            with self._log.open("a", encoding="utf-8") as log:
                self._process = subprocess.Popen(
                    self._contestant.command,
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        return self._process

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1][-_LAST_WORDS:] if lines else "it said nothing"


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        """What was still buffered has no reader any more."""


def _peak_megabytes(process: int) -> float:
    """Return the most memory that a process has had since it was started.

    VmHWM of proc(5); getrusage() counts the parent's memory before the program was loaded, too.
    """
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) / 1024
    return 0.0


def _answer(reply: dict[str, Any], peak_megabytes: float) -> Answer:
    if reply.get("error"):
        return Answer(error=str(reply["error"]))
    found = tuple(Found(kind, tuple(key)) for kind, key in reply["findings"])
    return Answer(
        seconds=reply["seconds"],
        equal=reply["equal"],
        found=found,
        peak_megabytes=peak_megabytes,
    )
