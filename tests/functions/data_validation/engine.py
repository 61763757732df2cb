"""What tests of the comparison share: running it in one go, or killed and resumed at every step."""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from functions.data_validation.catalog import match, read_tables
from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor, FindingKind, Item, Totals
from functions.data_validation.cursor_json import dump, load
from functions.data_validation.expressions import Method
from functions.data_validation.positions import AtRest, Positions
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Subject
from functions.data_validation.tables import TablePair

START = Cursor(Item("public", "t"))
Found = set[tuple[FindingKind, str]]


def pair_of(sides: Sides, label: str = "public.t") -> TablePair:
    """Return one table that both sides have."""
    schema = label.partition(".")[0]
    (pair,) = match(*sides.both(lambda session: read_tables(session, [schema], [label])))
    return pair


def chunks_of(rows: int, **limits: int) -> Limits:
    """Return limits with chunks, or passes, of so many rows."""
    return replace(
        Limits(),
        first_chunk_rows=rows,
        max_chunk_rows=rows,
        max_pass_rows=rows,
        recheck_seconds=5,
        **limits,
    )


def comparison(
    sides: Sides,
    *,
    method: Method = Method.RECORD,
    limits: Limits | None = None,
    positions: Positions | None = None,
    pair: TablePair | None = None,
    writers: Sides | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Comparison:
    """Return a comparison of the table `public.t`, at rest unless there are positions."""
    subject = Subject(pair or pair_of(writers or sides), method)
    return Comparison(
        subject,
        sides,
        writers or sides,
        positions or AtRest(),
        limits or Limits(),
        clock=clock,
        sleep=sleep,
    )


def in_one_go(subject: Comparison, start: Cursor = START) -> Cursor:
    """Compare to the end."""
    (last,) = deque(subject.advance(start), maxlen=1)
    assert last.finished
    return last


def killed_at_every_step(make: Callable[[], Comparison], start: Cursor = START) -> Cursor:
    """Compare to the end by a comparison for each step, which knows the last one's JSON alone."""
    document = json.dumps(dump(start))
    while not (cursor := load(json.loads(document))).finished:
        document = json.dumps(dump(next(make().advance(cursor))))
    return cursor


def found(cursor: Cursor) -> Found:
    """Return what was found, where; there must be nothing found twice."""
    places = [(finding.kind, finding.where) for finding in cursor.findings]
    assert len(places) == len(set(places)), "something was found twice"
    return set(places)


def counts(totals: Totals) -> Totals:
    """Return the counters that do not depend on time and on how the walk was cut."""
    return replace(totals, seconds=0, chunks=0)
