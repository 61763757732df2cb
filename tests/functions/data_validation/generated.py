"""Random tables and edits, and what differs between them by brute force in Python."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from hypothesis import strategies as st

from functions.data_validation.comparison import Comparison
from functions.data_validation.cursor import Cursor, FindingKind
from functions.data_validation.expressions import Method
from functions.data_validation.positions import AtRest
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import Subject
from functions.data_validation.tables import TablePair
from tests.functions.data_validation.engine import (
    chunks_of,
    counts,
    in_one_go,
    killed_at_every_step,
    pair_of,
)
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.support import Clusters

Row = tuple[str | None, ...]

TEXTS = [None, "", " ", "a", "a ", "a|b", "b", "a,b", "<null>", "NULL", '"', "\\", "é", "\t"]
NUMBERS = [None, "0", "-0.0", "0.00", "1", "1.0", "-1", "1e20", "NaN"]
REALS = [None, "0", "-0", "1.5", "NaN", "-Infinity"]

payloads = st.tuples(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(REALS))
small_integers = st.integers(-3, 12).map(str)


@dataclass(frozen=True)
class Shape:
    """A table's SQL, how many of its first columns are the key, and where their values are from."""

    name: str
    sql: str
    key: tuple[st.SearchStrategy[str], ...]


PAYLOAD = "note text, amount numeric, rate float8"
SHAPES = (
    Shape("keyset", f"id bigint PRIMARY KEY, {PAYLOAD}", (small_integers,)),
    Shape(
        "composite",
        f"region smallint, id numeric, {PAYLOAD}, PRIMARY KEY (region, id)",
        (st.sampled_from(["-1", "0", "7"]), small_integers),
    ),
    Shape(
        "buckets",
        f"code colour, id int, {PAYLOAD}, PRIMARY KEY (code, id)",
        (st.sampled_from(["red", "green", "blue"]), small_integers),
    ),
    Shape("keyless", PAYLOAD, ()),
)
SETUP = "CREATE TYPE colour AS ENUM ('red', 'green', 'blue');"


@st.composite
def tables(draw: st.DrawFn, shape: Shape) -> tuple[list[Row], list[Row]]:
    """Draw a source's rows and a target's: the same after some edits, in another order."""
    rows: list[Row] = draw(
        st.lists(
            st.tuples(*shape.key, payloads).map(lambda row: (*row[:-1], *row[-1])),
            max_size=25,
            unique_by=(lambda row: row[: len(shape.key)]) if shape.key else None,
        )
    )
    edited = list(rows)
    for _ in range(draw(st.integers(0, 4))):
        edited = draw(edits(shape, edited))
    return rows, draw(st.permutations(edited))


@st.composite
def edits(draw: st.DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Draw one edit: delete, change, swap payloads of two rows, insert, or duplicate a row."""
    width = len(shape.key)
    kind = draw(st.sampled_from(["delete", "change", "swap", "insert", "duplicate"]))
    rows = list(rows)
    if kind == "insert" or not rows:
        key = draw(st.tuples(*shape.key))
        new = (*key, *draw(payloads))
        return rows if width and key in {row[:width] for row in rows} else [*rows, new]
    index = draw(st.integers(0, len(rows) - 1))
    if kind == "delete":
        del rows[index]
    elif kind == "change":
        rows[index] = (*rows[index][:width], *draw(payloads))
    elif kind == "swap":
        other = draw(st.integers(0, len(rows) - 1))
        first, second = rows[index], rows[other]
        rows[index] = (*first[:width], *second[width:])
        rows[other] = (*second[:width], *first[width:])
    elif not width:
        rows += [rows[index]] * draw(st.integers(1, 3))
    return rows


def store(connection: psycopg.Connection[Any], shape: Shape, rows: Sequence[Row]) -> None:
    """Make the table `public.t` anew with these rows."""
    connection.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({shape.sql})".encode())
    with connection.cursor().copy("COPY t FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def differing_keys(
    shape: Shape, source: Sequence[Row], target: Sequence[Row]
) -> set[tuple[FindingKind, Row]]:
    """Return what differs between rows that were read as text, by key or, without one, by row."""
    if not shape.key:
        on_source, on_target = Counter(source), Counter(target)
        lacking = {(FindingKind.MISSING, row) for row in on_source - on_target}
        return lacking | {(FindingKind.EXTRA, row) for row in on_target - on_source}
    width = len(shape.key)
    by_key = [{row[:width]: row for row in rows} for rows in (source, target)]
    differences: set[tuple[FindingKind, Row]] = set()
    for key in by_key[0].keys() | by_key[1].keys():
        if key not in by_key[1]:
            differences.add((FindingKind.MISSING, key))
        elif key not in by_key[0]:
            differences.add((FindingKind.EXTRA, key))
        elif by_key[0][key] != by_key[1][key]:
            differences.add((FindingKind.DIFFERENT, key))
    return differences


def read_rows(session: Session, subject: Subject, where: str = "true") -> list[Row]:
    """Return the rows of `public.t` as text."""
    columns = ", ".join(f"{pair.name}::text" for pair in subject.pair.columns)
    return session.run(f"SELECT {columns} FROM public.t WHERE {where}")


def expected(shape: Shape, subject: Subject, sides: Sides) -> set[tuple[FindingKind, object]]:
    """Return what has to be found: for each difference its place, or its row without a key."""
    source, target = sides.both(lambda session: read_rows(session, subject))
    return {
        (kind, subject.where(tuple(str(part) for part in key)) if shape.key else key)
        for kind, key in differing_keys(shape, source, target)
    }


def found(
    shape: Shape, subject: Subject, sides: Sides, cursor: Cursor
) -> set[tuple[FindingKind, object]]:
    """Return what was found, in the form of `expected`."""
    places = [(finding.kind, finding.where) for finding in cursor.findings]
    assert len(places) == len(set(places)), "something was found twice"
    if shape.key:
        return set(places)
    return {(kind, row_at(subject, sides, kind, where)) for kind, where in places}


def row_at(subject: Subject, sides: Sides, kind: FindingKind, where: str) -> Row:
    """Return the row without key that a condition finds on the side that has more of them."""
    session = sides.source if kind is FindingKind.MISSING else sides.target
    (row,) = set(read_rows(session, subject, where))
    return row


@dataclass(frozen=True)
class Playground:
    """Two databases in which tables of all shapes come and go; their descriptions stay."""

    databases: Databases
    sides: Sides
    pairs: dict[str, TablePair]

    def check(self, shape: Shape, data: st.DataObject) -> None:
        """Draw two tables; compare them in one go and killed at every step, and by brute force."""
        source, target = data.draw(tables(shape))
        store(self.databases.source, shape, source)
        store(self.databases.target, shape, target)
        # By the statistics of an empty table, a walk by buckets would always take one pass.
        estimated_rows = data.draw(st.integers(0, 30), "estimated rows")
        pair = self.pairs[shape.name]
        pair = replace(pair, source=replace(pair.source, estimated_rows=estimated_rows))
        method = data.draw(st.sampled_from(list(Method)), "method")
        limits = chunks_of(data.draw(st.sampled_from([1, 2, 3, 7, 100]), "rows of a chunk"))
        subject = Subject(pair, method, seed=data.draw(st.integers(-(2**62), 2**62), "seed"))

        def new() -> Comparison:
            return Comparison(subject, self.sides, self.sides, AtRest(), limits)

        cursor = in_one_go(new())
        assert found(shape, subject, self.sides, cursor) == expected(shape, subject, self.sides)
        assert cursor.totals.source_rows == len(source)
        assert cursor.totals.target_rows == len(target)
        resumed = killed_at_every_step(new)
        assert set(resumed.findings) == set(cursor.findings)
        assert counts(resumed.totals) == counts(cursor.totals)


@contextlib.contextmanager
def playground(clusters: Clusters) -> Iterator[Playground]:
    """Make two databases, and read once what tables of each shape are like."""
    with fresh_databases(clusters) as databases:
        databases.execute(SETUP)
        sides = databases.sides()
        pairs = {}
        for shape in SHAPES:
            for side in ("source", "target"):
                store(databases.owner(side), shape, [])
            pairs[shape.name] = pair_of(sides)
        yield Playground(databases, sides, pairs)
