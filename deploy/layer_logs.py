"""A log file for each layer of a run, with everything that the engine said of it.

`<home>/logs/runs/<run>/<layer>.log`, a line an event. The screen shows what changes; who wants
the rest, or the output of a program, finds it here. The last runs are kept, older ones removed.
"""

import shutil
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TextIO

from deploy.events import Diagnostic, Event, Operation, Phase

KEPT_RUNS = 20
_SEARCHED_LINES = 1000


def run_name(command: str) -> str:
    """Return a name for a run, such as ``20260401T120000.123Z-deploy-all``: sorted by time."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z-{command}"


class LayerLogs:
    """The log files of one run. Written from several threads; a context manager."""

    def __init__(self, home: Path, run: str) -> None:
        runs = home / "logs" / "runs"
        self.folder = runs / run
        self.folder.mkdir(parents=True, exist_ok=True)
        self._files: dict[str, TextIO] = {}
        self._lock = threading.Lock()
        for old in sorted(runs.iterdir())[:-KEPT_RUNS]:
            shutil.rmtree(old, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def file(self, layer: str) -> Path:
        """Return a layer's log file, whether it was written to or not."""
        return self.folder / f"{layer}.log"

    def event(self, layer: str, event: Event) -> None:
        """Add a line for what the engine says of a layer."""
        self._add(layer, _line(event))

    def errors(self, layer: str, messages: Iterable[str]) -> None:
        """Add the errors that a layer failed with, those that no event has told of."""
        told = "\n".join(self.tail(layer, _SEARCHED_LINES))
        for message in messages:
            if message.strip().partition("\n")[0] not in told:
                self._add(layer, f"{'error':8} {message}")

    def _add(self, layer: str, line: str) -> None:
        now = datetime.now(UTC)
        with self._lock:
            if layer not in self._files:
                self._files[layer] = self.file(layer).open("a", encoding="utf-8")
            file = self._files[layer]
            file.write(f"{now:%H:%M:%S}.{now.microsecond // 1000:03d} {line}\n")
            file.flush()

    def tail(self, layer: str, lines: int) -> list[str]:
        """Return the last lines of a layer's log, none when it has none."""
        try:
            return self.file(layer).read_text(encoding="utf-8").splitlines()[-lines:]
        except FileNotFoundError:
            return []


def _line(event: Event) -> str:
    if isinstance(event, Diagnostic):
        return f"{event.severity:8} {event.message}"
    text = f"{event.phase:8} {event.operation} {event.name} ({event.type})"
    if event.changed and event.operation is not Operation.SAME:
        text += f" [{', '.join(event.changed)}]"
    return f"{text}: {event.message}" if event.phase is Phase.FAILED else text
