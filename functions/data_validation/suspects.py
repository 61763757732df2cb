"""Judges a row that differed, while the source is written to and the target lags behind. Pure.

Here, the *source* is the side that is replicated from (Sides.publisher) and the *target* the other
one, in both directions.

Terms. A row's *content* is the hashes of the rows that have its key (one or none if the key is
unique, else a multiset). A *version* is a content and the xmin of the transaction that wrote it:
as long as a reading shows the same version, that very row has existed without interruption, for
an xmin is never given out again and a version that is gone does not come back. σ(p) is the row on
the source after the transactions whose commit records lie at or before position p; τ is the
position up to which the target has applied. A target is *sound* if it shows σ(τ) at any time.

Protocol. Readings alternate, T0 being the one that raised the suspicion:

    S0, mark m0 │ target passes m0 │ T1 │ writers end │ S1, mark m1 │ target passes m1 │ T2 │ …

A mark is a source position taken after a reading, so every transaction which that reading shows
has its commit record at or before the mark. "Passed" means τ ≥ mark, for good. A reading Sn is
*settled* if every transaction that was writing to the table just after Tn had ended before Sn was
read. That step is needed because a commit record can be decoded, sent and applied before the
commit becomes visible on the source itself (the committing process may lose its processor in
between, or wait for a synchronous standby). A settled Sn shows all that the target could show
in Tn: a transaction's lock on the table is released only after its effects are visible.

Judgement, of Tn by the readings around it:

1. Cleared if the content of Tn is that of S(n-1), of Sn, or of any reading of the source between
   them: the target shows a state which the source had, one no older than the suspicion. Rows that
   never stand still are read more often for this, while the target is waited for.
2. Persistent if Sn is settled and some version is both in S(n-1) and in Sn that Tn lacks (as a
   multiset). It was committed at or before m(n-1) ≤ τ. What had deleted it at or before τ would
   be visible in Sn, as Sn is settled. So it belongs to σ(τ): the target is not sound.
3. Persistent if S(n-1) is settled and some version is both in T(n-1) and in Tn whose content
   S(n-1) lacks (as a multiset). A sound target holds that content in σ(p) for every p that it went
   through from T(n-1) to Tn. S(n-1) is σ(p) for such a p: it shows everything the target had
   applied at T(n-1), being settled, and nothing behind m(n-1), which Tn has passed. Contradiction.
4. Open otherwise: the next round's turn. A row that is still open when time runs out is
   unverified, which is not a pass.

In 2 the source row stood still across the target's position, in 3 the target row stood still
across the source's. So a difference that is there when either row stands still is not cleared,
and if both do, one of 2 and 3 holds: of two different multisets, one lacks something.

That S(n-1) is σ(p) needs the key to be unique on the source: a row's next writer then waits for
the one before to become visible (manual, "Index Uniqueness Checks"). Rows of a table without key
are counted, and two counts may become visible in another order than they are logged. Such a
reading is rare and does not recur, so without a unique key 3 has to hold in two rounds running.

What it rests on: the target applies a row's changes in the order of their commit, as logical
replication does and DMS with BatchApplyEnabled=false; and hashes of different rows differ.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from functions.data_validation.cursor import Key, Reading, Version

CONTENTS_KEPT = 16
"""Contents kept of the earliest, and of the latest."""


class Judgement(StrEnum):
    """What the readings so far say of a suspect."""

    OPEN = "open"
    CLEARED = "cleared"
    PERSISTENT = "persistent"


@dataclass(frozen=True)
class Suspect:
    """A row that differed, with its latest reading on each side. Plain data, a few hundred bytes.

    `mark` was taken after `source` was read, and `target` is to be read again once it has passed.
    `settled` tells whether `source` shows all that the target could show in `target`. `rounds`
    counts the readings of the target after the first; `contradictions` the rounds in a row in
    which rule 3 held. `seen` are further contents of the source since `source`: the earliest and
    the latest, as a target that lags shows the former, and one that does not, the latter.
    """

    key: Key
    source: Reading
    target: Reading
    mark: str
    settled: bool = False
    rounds: int = 0
    contradictions: int = 0
    seen: tuple[tuple[int, ...], ...] = ()


def witness(suspect: Suspect, contents: Sequence[tuple[int, ...]]) -> Suspect:
    """Add contents that the source has shown since its reading, in the order of reading."""
    fresh = (content for content in contents if content != suspect.source.content)
    seen = tuple(dict.fromkeys((*suspect.seen, *fresh)))
    if len(seen) > 2 * CONTENTS_KEPT:
        seen = seen[:CONTENTS_KEPT] + seen[-CONTENTS_KEPT:]
    return replace(suspect, seen=seen)


def judge_target(suspect: Suspect, target: Reading, *, unique: bool) -> tuple[Judgement, Suspect]:
    """Judge by a new reading of the target, made after it passed the suspect's mark.

    `unique` tells whether the source allows one row a key. Returns the judgement and the suspect
    with the reading in it; an open one goes on to `judge_source`. Its `settled` and `mark` still
    are those of its source reading, which is now the one before the target's.
    """
    read = replace(suspect, target=target, rounds=suspect.rounds + 1)
    if target.content in (suspect.source.content, *suspect.seen):
        return Judgement.CLEARED, read
    stood = _in_both(suspect.target, target)
    contradicts = suspect.settled and _lacks(suspect.source, stood)
    read = replace(read, contradictions=suspect.contradictions + 1 if contradicts else 0)
    if read.contradictions >= (1 if unique else 2):
        return Judgement.PERSISTENT, read
    return Judgement.OPEN, read


def judge_source(
    suspect: Suspect, source: Reading, *, settled: bool, mark: str
) -> tuple[Judgement, Suspect]:
    """Judge by a new reading of the source, made after the target's reading in the suspect.

    `mark` is a position taken after it. Returns the judgement and the suspect with the reading.
    """
    read = replace(suspect, source=source, settled=settled, mark=mark, seen=())
    if source.content == suspect.target.content:
        return Judgement.CLEARED, read
    if settled and _lacks(suspect.target, _in_both(suspect.source, source)):
        return Judgement.PERSISTENT, read
    return Judgement.OPEN, read


def _in_both(earlier: Reading, later: Reading) -> Counter[Version]:
    """Return the versions that were there at both times, and so all the time between."""
    return Counter(earlier.versions) & Counter(later.versions)


def _lacks(reading: Reading, versions: Counter[Version]) -> bool:
    """Tell whether a reading has fewer rows of some content than `versions` has."""
    needed = Counter(version.digest for version in versions.elements())
    return bool(needed - Counter(reading.content))
