"""A program that compares one table, to be measured or killed from outside.

It goes on from the checkpoint that an earlier process left, if there is one, and saves one after
every step, as the product's executors do. Input: one JSON object as the only argument. Output:
the highest resident memory of the process in kilobytes.
"""

import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.data_validation import pg8000_session
from functions.data_validation.checkpoints import FolderStore
from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor, Item
from functions.data_validation.cursor_json import dump, load
from functions.data_validation.expressions import Method
from functions.data_validation.positions import AtRest
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import Subject
from functions.runtime.connections import Server
from tests.functions.data_validation.engine import pair_of
from tests.functions.data_validation.support import Databases
from tests.functions.support import MASTER

CHECKPOINT = "items/0.json"


@dataclass(frozen=True)
class Task:
    """What to compare; `ports` are the source's and the target's, `checkpoints` a folder."""

    table: str
    database: str
    ports: Sequence[int]
    authority: str
    checkpoints: str
    limits: dict[str, Any]

    @property
    def store(self) -> FolderStore:
        """Where the cursor is kept."""
        return FolderStore(Path(self.checkpoints))


def task(databases: Databases, table: str, folder: Path, **limits: Any) -> Task:
    """Return the task of comparing a table of `public`."""
    return Task(
        table=table,
        database=databases.name,
        ports=[databases.settings(side).port for side in ("source", "target")],
        authority=str(databases.clusters.authority_file),
        checkpoints=str(folder),
        limits=limits,
    )


def reached(task: Task) -> Cursor:
    """Return the cursor of a task's checkpoint, a fresh one when there is none."""
    document = task.store.load(CHECKPOINT)
    return Cursor(Item("public", task.table)) if document is None else load(document)


def compare(task: Task, sides: Sides) -> None:
    """Compare to the end."""
    subject = Subject(pair_of(sides, f"public.{task.table}"), Method.RECORD)
    comparison = Comparison(subject, sides, sides, AtRest(), Limits(**task.limits))
    for cursor in comparison.advance(reached(task)):
        task.store.save(CHECKPOINT, dump(cursor))


def session(task: Task, port: int) -> Session:
    """Connect as Lambda does."""
    server = Server("localhost", port, task.database)
    return pg8000_session.connect(server, MASTER, Path(task.authority).read_text())


if __name__ == "__main__":
    given = Task(**json.loads(sys.argv[1]))
    compare(given, Sides(*(session(given, port) for port in given.ports)))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
