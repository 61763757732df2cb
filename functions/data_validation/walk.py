"""How a table is cut into chunks: by ranges of its key, or by buckets of a hash.

Ranges follow the key's order on both sides. Where the sides would not sort alike, or there is no
key, rows are taken by a hash of their key or content instead: every pass reads the whole table and
compares one bucket of it. A walk's position is a Key, so that a cursor can carry it: the last key
compared, or how many passes of how many are done.
"""

from dataclasses import dataclass
from typing import Protocol

from functions.data_validation.cursor import Item, Key
from functions.data_validation.narrowing import on_both
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import BucketSpan, KeysetSpan, Span, Subject

MOST_PASSES = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """A span to compare, where the walk stands after it, and whether it is the last."""

    span: Span
    position: Key | None
    last: bool


class Walk(Protocol):
    """Gives chunk after chunk; it remembers nothing, positions do."""

    def chunk(self, position: Key | None, rows: int) -> Chunk:
        """Return the chunk after `position`, None at the start; `rows` is a wish."""
        ...

    def smaller(self, position: Key | None, rows: int) -> tuple[Key | None, int] | None:
        """Return a position and a number of rows that make the next chunk smaller.

        None when it is as small as it gets.
        """
        ...


class KeysetWalk:
    """Chunks are ranges of the key, each of at most the rows wished for on either side."""

    def __init__(self, subject: Subject, sides: Sides, item: Item) -> None:
        self._subject = subject
        self._sides = sides
        self._item = item

    def chunk(self, position: Key | None, rows: int) -> Chunk:
        """Return the range up to the lesser of both sides' boundaries."""
        after, end = position or self._item.after, self._item.until
        boundaries = on_both(
            self._sides,
            lambda session, side: self._subject.boundary(session, side, after, end, rows),
        )
        until = self._lesser(*boundaries)
        if until is None or until == end:
            return Chunk(KeysetSpan(after, end), end, last=True)
        return Chunk(KeysetSpan(after, until), until, last=False)

    def smaller(self, position: Key | None, rows: int) -> tuple[Key | None, int] | None:
        """Return the same position and half the rows."""
        return (position, rows // 2) if rows > 1 else None

    def _lesser(self, source: Key | None, target: Key | None) -> Key | None:
        if source is None or target is None or source == target:
            return source or target
        return source if self._subject.precedes(self._sides.source, source, target) else target


class BucketWalk:
    """Chunks are buckets of a hash, whose number is a power of two.

    Buckets are taken in bit-reversed order: then the first n of 2^k are the first 2n of 2^(k+1),
    and passes that turn out to be too large can be halved midway.
    """

    def __init__(self, estimated_rows: int, pass_rows: int) -> None:
        """Take as many passes as `estimated_rows` need at `pass_rows` each."""
        needed = max(1, -(-estimated_rows // pass_rows))
        self._passes = min(MOST_PASSES, 1 << (needed - 1).bit_length())

    def chunk(self, position: Key | None, rows: int) -> Chunk:
        """Return the bucket after those that are done; the wish for rows has no effect."""
        done, passes = self._read(position)
        span = BucketSpan(_bits_reversed(done, passes), passes)
        return Chunk(span, (str(done + 1), str(passes)), last=done + 1 == passes)

    def smaller(self, position: Key | None, rows: int) -> tuple[Key | None, int] | None:
        """Return the position with twice the passes."""
        done, passes = self._read(position)
        if passes >= MOST_PASSES:
            return None
        return (str(done * 2), str(passes * 2)), rows

    def _read(self, position: Key | None) -> tuple[int, int]:
        if position is None:
            return 0, self._passes
        done, passes = position
        return int(done), int(passes)


def walk_for(subject: Subject, sides: Sides, item: Item, pass_rows: int) -> Walk:
    """Return the walk that suits the table."""
    if subject.pair.keyset:
        return KeysetWalk(subject, sides, item)
    estimated_rows = max(item.estimated_rows, subject.pair.estimated_rows)
    return BucketWalk(estimated_rows, pass_rows)


def _bits_reversed(number: int, of: int) -> int:
    """Reverse the bits of a number below `of`, a power of two."""
    width = of.bit_length() - 1
    return int(f"{number:0{width}b}"[::-1], 2) if width else 0
