"""Where the sequences of the side that is opened go on.

Replication carries no sequences. Each goes on behind the position of both sides, by a margin: a
number can be drawn in the instant in which the fence goes up (`nextval` is in no transaction). The
owned, identity and unowned ones are all alike here. PostgreSQL manual: "CREATE SEQUENCE",
"Sequence Manipulation Functions".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pg8000.native import literal

from functions.cutover.errors import UnusableInputError
from functions.cutover.session import Session, qualified

_DEFINITIONS = """
SELECT c.relname::text, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = {schema} ORDER BY c.relname
"""
_POSITION = "SELECT {name}::text, last_value, is_called FROM {relation}"


@dataclass(frozen=True)
class Definition:
    """How a sequence counts."""

    name: str
    increment: int
    minimum: int
    maximum: int
    cycles: bool


@dataclass(frozen=True)
class Position:
    """A sequence's state: `last` was drawn, or is the first to be drawn if nothing is yet."""

    last: int
    is_called: bool


@dataclass(frozen=True)
class Advance:
    """What a sequence is set to."""

    name: str
    position: Position


def definitions(session: Session, schema: str) -> Mapping[str, Definition]:
    """Return a schema's sequences by name. Raises DatabaseError."""
    rows = session.run(_DEFINITIONS.format(schema=literal(schema)))
    return {row[0]: Definition(*row) for row in rows}


def reading(schema: str, names: Sequence[str]) -> str | None:
    """Return SQL that reads the positions of sequences, in one statement; None for no names."""
    selects = (
        _POSITION.format(name=literal(name), relation=qualified(schema, name)) for name in names
    )
    return " UNION ALL ".join(selects) or None


def positions(
    session: Session, statement: str | None, seconds: float | None = None
) -> Mapping[str, Position]:
    """Return the positions that a statement of `reading` reads. Raises DatabaseError."""
    if statement is None:
        return {}
    rows = session.run(statement) if seconds is None else session.run(statement, seconds)
    return {name: Position(last, is_called) for name, last, is_called in rows}


def require_alike(leaving: Mapping[str, Definition], entering: Mapping[str, Definition]) -> None:
    """Raise UnusableInputError unless every sequence can go on on the side that is entered."""
    problems = [f"sequence {name} is missing" for name in sorted(leaving.keys() - entering.keys())]
    problems += [
        f"sequence {name} counts in the other direction"
        for name in sorted(leaving.keys() & entering.keys())
        if (leaving[name].increment > 0) is not (entering[name].increment > 0)
    ]
    if problems:
        raise UnusableInputError(f"the side to be opened: {'; '.join(problems)}")


def advance(entering: Definition, left: Position, standing: Position, margin: int) -> Advance:
    """Return where a sequence goes on, from its positions on the side that is left and on its own.

    It never goes back and never stays behind, but for one that cycles: its positions have no
    order, and it takes that of the side that is left. The margin is left out where it would use
    up the sequence. One that is used up stays so, and says so when it is drawn from. Raises
    UnusableInputError for a position beyond the bounds of the side that is entered.
    """
    step = entering.increment
    candidates = [_next(left, step)]
    if not entering.cycles:
        candidates.append(_next(standing, step))
    following = max(candidates) if step > 0 else min(candidates)
    beyond = following + margin * step
    if _within(entering, beyond):
        return Advance(entering.name, Position(beyond, is_called=False))
    if _within(entering, following):
        return Advance(entering.name, Position(following, is_called=False))
    last = entering.maximum if step > 0 else entering.minimum
    if not _within(entering, left.last):
        raise UnusableInputError(
            f"sequence {entering.name} is at {left.last}, beyond the other side's bounds"
        )
    return Advance(entering.name, Position(last, is_called=True))


def setting(schema: str, advances: Sequence[Advance]) -> str:
    """Return PL/pgSQL that sets sequences."""
    return "".join(
        f" PERFORM pg_catalog.setval({literal(qualified(schema, each.name))}::regclass,"
        f" {each.position.last}, {literal(each.position.is_called)});"
        for each in advances
    )


def _next(position: Position, step: int) -> int:
    return position.last + step if position.is_called else position.last


def _within(definition: Definition, value: int) -> bool:
    return definition.minimum <= value <= definition.maximum
