"""A model of one key's rows on a source, of its log, and of a target that applies it with a lag.

It has what a client cannot see: transactions that are logged, and so may reach the target, while
the source does not show them yet. The protocol is taken through it step by step.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from functions.data_validation.cursor import Reading, Version
from functions.data_validation.suspects import (
    Judgement,
    Suspect,
    judge_source,
    judge_target,
    witness,
)

KEY = ("1",)


@dataclass
class Transaction:
    """A writer of one row: it takes `copy` away, whose content is `old`, and adds `new`."""

    number: int
    copy: int | None
    old: int | None
    new: int | None


@dataclass
class Source:
    """The rows that are visible, by the number of who wrote them; writers in flight; the log."""

    rows: dict[int, Version] = field(default_factory=dict)
    writing: list[Transaction] = field(default_factory=list)
    hidden: list[Transaction] = field(default_factory=list)
    log: list[Transaction] = field(default_factory=list)
    transactions: int = 0

    def in_flight(self) -> set[int]:
        """Return the transactions that hold a writer's lock."""
        return {transaction.number for transaction in self.writing + self.hidden}

    def free(self) -> list[int]:
        """Return the rows that nobody is changing."""
        locked = {transaction.copy for transaction in self.writing + self.hidden}
        return [copy for copy in self.rows if copy not in locked]

    def begin(self, copy: int | None, new: int | None) -> Transaction:
        self.transactions += 1
        old = None if copy is None else self.rows[copy].digest
        transaction = Transaction(self.transactions, copy, old, new)
        self.writing.append(transaction)
        return transaction

    def write_commit_record(self, transaction: Transaction) -> None:
        self.writing.remove(transaction)
        self.hidden.append(transaction)
        self.log.append(transaction)

    def become_visible(self, transaction: Transaction) -> None:
        self.hidden.remove(transaction)
        if transaction.copy is not None:
            del self.rows[transaction.copy]
        if transaction.new is not None:
            self.rows[transaction.number] = Version(transaction.new, str(transaction.number))

    def read(self) -> Reading:
        return reading(self.rows.values())

    def out_of_order(self) -> bool:
        """Tell whether something visible was logged behind something that is hidden."""
        hidden = [self.log.index(transaction) for transaction in self.hidden]
        return bool(hidden) and len(self.log) - min(hidden) > len(hidden)


@dataclass
class Target:
    """The rows that are on the target, with its own xmins, and how much of the log it applied."""

    rows: list[Version] = field(default_factory=list)
    applied: int = 0
    transactions: int = 1_000

    def apply(self, transaction: Transaction, *, unique: bool, pick: int) -> None:
        """Apply as a subscriber does: a row that is not there is neither updated nor deleted.

        With a key its row is found by the key, else any row of that content is as good.
        """
        self.applied += 1
        if transaction.copy is not None:
            found = [row for row in self.rows if unique or row.digest == transaction.old]
            if not found:
                return
            self.rows.remove(found[pick % len(found)])
        if transaction.new is not None:
            self.write(transaction.new)

    def write(self, content: int) -> None:
        self.transactions += 1
        self.rows.append(Version(content, str(self.transactions)))

    def read(self) -> Reading:
        return reading(self.rows)


def reading(versions: Iterable[Version]) -> Reading:
    return Reading(tuple(sorted(versions, key=lambda row: (row.digest, row.written_by))))


class Step(Enum):
    """What the protocol does next; the world goes on between any two steps."""

    SUSPECT = auto()
    MARK = auto()
    READ_TARGET = auto()
    LIST_WRITERS = auto()
    CHECK_WRITERS = auto()
    READ_SOURCE = auto()


class Protocol:
    """One suspect at a time, taken through the protocol by whoever calls `step`."""

    def __init__(self, source: Source, target: Target, *, unique: bool, careful: bool) -> None:
        self.source = source
        self.target = target
        self.unique = unique
        self.careful = careful
        self.next = Step.SUSPECT
        self.suspect: Suspect | None = None
        self.first_target = Reading(())
        self.source_reading = Reading(())
        self.writers: set[int] = set()
        self.settled = False
        self.out_of_order = False

    def step(self) -> Judgement | None:
        """Take the next step; return a verdict if there is one."""
        steps: dict[Step, Callable[[], Judgement | None]] = {
            Step.SUSPECT: self._suspect,
            Step.MARK: self._mark,
            Step.READ_TARGET: self._read_target,
            Step.LIST_WRITERS: self._list_writers,
            Step.CHECK_WRITERS: self._check_writers,
            Step.READ_SOURCE: self._read_source,
        }
        return steps[self.next]()

    def may_step(self) -> bool:
        """Tell whether the next step is allowed now.

        Without a unique key the source must not show its log out of order in two readings
        running: that is the one coincidence which the rules take for impossible.
        """
        if self.next is Step.READ_TARGET:
            assert self.suspect is not None
            return self.target.applied >= int(self.suspect.mark)
        if self.next is Step.READ_SOURCE and not self.unique:
            return not (self.out_of_order and self.source.out_of_order())
        return True

    def glance_at_source(self) -> None:
        """Read the source once more while the target is waited for."""
        assert self.suspect is not None
        self.suspect = witness(self.suspect, [self.source.read().content])

    def _suspect(self) -> None:
        self.source_reading = self.source.read()
        if self.source_reading.content != self.first_target.content:
            self.next = Step.MARK

    def _mark(self) -> Judgement | None:
        mark = str(len(self.source.log))
        if self.suspect is None:
            self.suspect = Suspect(KEY, self.source_reading, self.first_target, mark)
            self.next = Step.READ_TARGET
            return None
        return self._judged(
            *judge_source(self.suspect, self.source_reading, settled=self.settled, mark=mark),
            Step.READ_TARGET,
        )

    def _read_target(self) -> Judgement | None:
        assert self.suspect is not None
        return self._judged(
            *judge_target(self.suspect, self.target.read(), unique=self.unique),
            Step.LIST_WRITERS,
        )

    def _list_writers(self) -> None:
        self.writers = self.source.in_flight()
        self.next = Step.CHECK_WRITERS

    def _check_writers(self) -> None:
        self.settled = not (self.careful and self.writers & self.source.in_flight())
        self.next = Step.READ_SOURCE

    def _read_source(self) -> None:
        self.source_reading = self.source.read()
        self.out_of_order = self.source.out_of_order()
        self.next = Step.MARK

    def _judged(self, judgement: Judgement, suspect: Suspect, following: Step) -> Judgement | None:
        if judgement is Judgement.OPEN:
            self.suspect, self.next = suspect, following
            return None
        self.suspect, self.next = None, Step.SUSPECT
        return judgement
