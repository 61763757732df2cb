"""Reads suspects again, in batches, as the protocol of the suspects module says.

As there, the *source* is the side that is replicated from, in both directions.

A round reads the target as soon as it has passed the suspects' marks, lets the transactions end
that are writing to the table just then, reads the source, and takes new marks. A target that does
no more than lag is cleared by the first statement of the first round.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.data_validation.cursor import Key, Reading
from functions.data_validation.positions import Positions
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Subject
from functions.data_validation.suspects import (
    Judgement,
    Suspect,
    judge_source,
    judge_target,
    witness,
)
from functions.data_validation.tables import quoted

KEYS_A_STATEMENT = 500
HASHES_A_STATEMENT = 10_000
"""Keys of a table without key are row hashes: any number of them costs one scan."""

POLL_SECONDS = 0.002
LONGEST_POLL_SECONDS = 0.1
POLL_GROWTH = 1.5
"""A mark is asked for soon, then less often. A row that is written all the time is cleared best
when the target is read right after it has passed: it then shows what the source last showed."""

HOT_FROM_ROUND = 2
"""Most rows are decided in a round or two. Those that are not are read in other ways from then on:
the source also while the target is waited for, and with pauses between rounds."""

PAUSE_SECONDS = 0.05
MOST_DOUBLINGS = 4
"""A pause is twice as long every time, up to 0.8 s, with jitter of half as much."""

SETTLING_SECONDS = 0.05
"""Waited for writers to end, after any pause; most transactions take less."""

# The locks that INSERT, UPDATE, DELETE, COPY, MERGE and TRUNCATE hold to their transaction's end
# (PostgreSQL manual, "Explicit Locking"). A virtual transaction's id is not used twice in a
# server's run; a prepared transaction is listed as well. Every role can read pg_locks.
_WRITING = """
    SELECT DISTINCT virtualtransaction
    FROM pg_catalog.pg_locks
    WHERE locktype = 'relation' AND granted
      AND mode IN ('RowExclusiveLock', 'AccessExclusiveLock')
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND relation IN (SELECT $1::text::regclass::oid
                       UNION ALL
                       SELECT relid::oid
                       FROM pg_catalog.pg_partition_tree($1::text::regclass))
"""


@dataclass(frozen=True)
class Recheck:
    """What a round made of the suspects: those still open, in the order of their marks."""

    open: tuple[Suspect, ...]
    cleared: int
    persistent: tuple[Suspect, ...]


class Rechecker:
    """Rechecks suspects of one table on the two writers. It holds no state between rounds."""

    def __init__(
        self,
        subject: Subject,
        writers: Sides,
        positions: Positions,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Read rows by `subject`. `clock` and `sleep` are in seconds, `jitter` is in [0, 1)."""
        self._subject = subject
        self._writers = writers
        self._positions = positions
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        direction = writers.direction
        self._source, self._target = direction.publishing, direction.subscribing
        # Rows of a key are in order only where the source itself enforces the key.
        enforced = subject.pair.on(self._source).key
        self._unique = bool(enforced) and {each.name for each in subject.pair.key} >= {*enforced}
        self._keys_a_statement = HASHES_A_STATEMENT if subject.multiset else KEYS_A_STATEMENT

    def suspect(self, key: Key, source: Reading, target: Reading, mark: str) -> Suspect:
        """Return a suspect; `mark` was taken on the writer after the source was read."""
        return Suspect(key, source, target, mark)

    def recheck(self, suspects: Sequence[Suspect], wait_seconds: float) -> Recheck:
        """Take one round, with those suspects whose marks the target passes within the wait.

        With 0 it never sleeps. Raises DatabaseError, after which the suspects given are as good
        as before, and UnusableInputError or CheckpointError as the positions do.
        """
        round_ = _Round(self._hot(suspects))
        waiting = self._read_target(suspects, self._clock() + wait_seconds, round_)
        if round_.open:
            self._read_source(round_, may_wait=wait_seconds > 0)
        return Recheck((*waiting, *round_.open), round_.cleared, tuple(round_.persistent))

    def _hot(self, suspects: Sequence[Suspect]) -> list[Key]:
        """Return keys whose rows are worth being read while the target is waited for.

        Not without key, where every reading is a scan.
        """
        hot = [suspect.key for suspect in suspects if suspect.rounds >= HOT_FROM_ROUND]
        return [] if self._subject.multiset else hot[:KEYS_A_STATEMENT]

    def _read_target(
        self, suspects: Sequence[Suspect], deadline: float, round_: "_Round"
    ) -> list[Suspect]:
        """Read the target for suspects in the order given; return those whose mark is not passed.

        Marks behind one that is not passed in time are not asked for.
        """
        ready: list[Suspect] = []
        by_mark = _by_mark(suspects)
        for number, (mark, marked) in enumerate(by_mark):
            if not self._positions.passed(mark):
                self._judge_targets(ready, round_)
                ready = []
                if not self._wait(mark, deadline, round_):
                    later = [suspect for _, group in by_mark[number:] for suspect in group]
                    return [round_.witnessed(suspect) for suspect in later]
            ready += marked
        self._judge_targets(ready, round_)
        return []

    def _wait(self, mark: str, deadline: float, round_: "_Round") -> bool:
        """Wait until a mark is passed; tell whether it was, before the deadline."""
        pause = POLL_SECONDS
        while (remaining := deadline - self._clock()) > 0:
            self._sleep(min(pause, remaining))
            self._watch(round_)
            if self._positions.passed(mark):
                return True
            pause = min(pause * POLL_GROWTH, LONGEST_POLL_SECONDS)
        return False

    def _watch(self, round_: "_Round") -> None:
        """See what the hot rows of the source say now."""
        if round_.hot:
            readings = self._subject.read(self._writers.publisher, self._source, round_.hot)
            for key, reading in readings.items():
                round_.seen[key].append(reading.content)

    def _judge_targets(self, suspects: Sequence[Suspect], round_: "_Round") -> None:
        for batch in self._batches(suspects):
            keys = [suspect.key for suspect in batch]
            readings = self._subject.read(self._writers.subscriber, self._target, keys)
            self._watch(round_)
            for suspect in batch:
                witnessed = round_.witnessed(suspect)
                round_.add(*judge_target(witnessed, readings[suspect.key], unique=self._unique))

    def _read_source(self, round_: "_Round", *, may_wait: bool) -> None:
        """Let writers end, then read the source for the suspects that the target left open."""
        suspects, round_.open = round_.open, []
        settled = self._settle(max(suspect.rounds for suspect in suspects), may_wait=may_wait)
        for batch in self._batches(suspects):
            keys = [suspect.key for suspect in batch]
            readings = self._subject.read(self._writers.publisher, self._source, keys)
            mark = self._positions.mark()
            for suspect in batch:
                reading = readings[suspect.key]
                round_.add(*judge_source(suspect, reading, settled=settled, mark=mark))

    def _settle(self, rounds: int, *, may_wait: bool) -> bool:
        """Tell whether the transactions that are writing to the table now end in time.

        More time is given in each round, so that hot rows are not read without a break.
        """
        writing = self._writing()
        if may_wait and rounds >= HOT_FROM_ROUND:
            doublings = min(rounds - HOT_FROM_ROUND, MOST_DOUBLINGS)
            self._sleep(PAUSE_SECONDS * 2**doublings * (0.5 + self._jitter()))
        deadline = self._clock() + (SETTLING_SECONDS if may_wait else 0)
        while writing:
            writing &= self._writing()
            if writing and self._clock() >= deadline:
                return False
            if writing:
                self._sleep(POLL_SECONDS)
        return True

    def _writing(self) -> frozenset[str]:
        """Return the ids of transactions on the source that have a writer's lock on the table."""
        table = self._subject.pair.on(self._source)
        name = f"{quoted(table.schema)}.{quoted(table.name)}"
        rows = self._writers.publisher.run(_WRITING, [name])
        return frozenset(str(transaction) for (transaction,) in rows)

    def _batches(self, suspects: Sequence[Suspect]) -> list[Sequence[Suspect]]:
        size = self._keys_a_statement
        return [suspects[start : start + size] for start in range(0, len(suspects), size)]


class _Round:
    """What one round has found out."""

    def __init__(self, hot: list[Key]) -> None:
        self.hot = hot
        self.seen: dict[Key, list[tuple[int, ...]]] = {key: [] for key in hot}
        self.open: list[Suspect] = []
        self.persistent: list[Suspect] = []
        self.cleared = 0

    def witnessed(self, suspect: Suspect) -> Suspect:
        """Return a suspect with what was seen of its row on the source in this round."""
        return witness(suspect, self.seen.get(suspect.key, ()))

    def add(self, judgement: Judgement, suspect: Suspect) -> None:
        """Sort a suspect by what was judged of it."""
        if judgement is Judgement.OPEN:
            self.open.append(suspect)
        elif judgement is Judgement.PERSISTENT:
            self.persistent.append(suspect)
        else:
            self.cleared += 1


def _by_mark(suspects: Sequence[Suspect]) -> list[tuple[str, list[Suspect]]]:
    groups: dict[str, list[Suspect]] = {}
    for suspect in suspects:
        groups.setdefault(suspect.mark, []).append(suspect)
    return list(groups.items())
