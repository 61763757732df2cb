"""The fence: from its commit on the side admits no writes, and none is under way.

One message and one transaction: lock every table against writers, which waits for the running
ones and keeps later ones out, take away every privilege to write, and count up the sentinel. A
writer that waited for the lock then finds its privilege gone, because PostgreSQL checks
privileges when a statement starts to execute, after it has its locks (manual, "Explicit Locking";
table-level lock modes). Nothing that is running is ended: a lock that is not had in time is given
up, and all is as it was.
"""

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from functions.cutover import catalogue, changes, control_schema, marks
from functions.cutover.deadline import Deadline
from functions.cutover.decisions import Change
from functions.cutover.errors import AttemptEndedError
from functions.cutover.plan import Plan
from functions.cutover.session import Session, block, milliseconds, qualified
from functions.runtime.errors import ContendedError, DatabaseError

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
SHORTEST_WAIT_SECONDS = 0.05
"""Of the first attempt for its locks: all writers wait behind it for as long as it waits."""
VACUUM_SECONDS = 1.5
"""Longer than the default deadlock_timeout of 1 s, after which a vacuum gives way."""

# Above what the other side shows, so that no value of before can be taken for this one.
_COUNT_UP = """
INSERT INTO {sentinel} AS sentinel (id, value) VALUES (1, {shown} + 1)
ON CONFLICT (id) DO UPDATE SET value = greatest(sentinel.value, {shown}) + 1;
"""
_VALUE = "SELECT value FROM {sentinel} WHERE id = 1"
_RESULT = "SELECT value, {digest} FROM {sentinel} WHERE id = 1"


@dataclass(frozen=True)
class Fenced:
    """What the fence left: the sentinel's value, and the digest of the remaining privileges."""

    sentinel: int
    digest: str


def clear_the_way(session: Session, plan: Plan) -> None:
    """Make autovacuum let go of the tables while writers go on.

    Its lock would keep the fence waiting for as long as it works on a table. Whoever waits for it
    for deadlock_timeout has it cancelled, but a fence that waits keeps all writers waiting too.
    This lock mode conflicts with vacuum's and with no writer's. Without success the fence tries
    all the same. Raises DatabaseError when the side cannot be reached.
    """
    with contextlib.suppress(ContendedError):
        session.run(
            f"SET LOCAL lock_timeout = {milliseconds(VACUUM_SECONDS)};"
            f" {_lock(plan, 'SHARE UPDATE EXCLUSIVE')}"
        )


def raise_fence(
    session: Session,
    change: Change,
    run: str,
    plan: Plan,
    attempts: int,
    deadline: Deadline,
    *,
    starting: Callable[[], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Fenced:
    """Fence a side, in a few attempts with growing, random pauses; `starting` is called by each.

    Each attempt waits longer for its locks than the one before, the last for what the plan says,
    and has autovacuum out of its way first.
    Raises AttemptEndedError when the locks were not had or the deadline passed, DatabaseError.
    """
    statements = _statements(change, run, plan)
    for attempt in range(attempts):
        starting()
        try:
            waits = _wait(plan.lock_seconds, attempts - 1 - attempt)
            return _fence(session, plan, statements, waits, deadline)
        except DatabaseError as error:
            if not _may_be_repeated(error):
                raise
            last = error
        if attempt + 1 < attempts:
            sleep(min(_pause(attempt), deadline.remaining()))
            clear_the_way(session, plan)
    raise AttemptEndedError(
        f"the locks were not had in {attempts} attempts of up to {plan.lock_seconds:g} s: {last}"
    )


def _fence(
    session: Session, plan: Plan, statements: str, waits: float, deadline: Deadline
) -> Fenced:
    remaining = deadline.remaining()
    waiting = milliseconds(min(waits, remaining))
    ((sentinel, digest),) = session.run(
        f"SET LOCAL lock_timeout = {waiting}; SET LOCAL statement_timeout = {waiting};"
        f" {_lock(plan, 'EXCLUSIVE')};"
        f" SET LOCAL statement_timeout = {milliseconds(remaining)}; {statements}",
        remaining,
    )
    return Fenced(sentinel, digest)


def count_up(session: Session, plan: Plan, seconds: float) -> int:
    """Count the sentinel up while writers go on, and return its value. Raises DatabaseError."""
    sentinel = qualified(plan.leaving.schema, control_schema.SENTINEL)
    counting = block(_COUNT_UP.format(sentinel=sentinel, shown=plan.sentinel))
    ((value,),) = session.run(f"{counting}; {_VALUE.format(sentinel=sentinel)}", seconds)
    return int(value)


def body(change: Change, run: str, plan: Plan) -> str:
    """Return what a fence does under its locks, in PL/pgSQL."""
    schema = plan.leaving.schema
    sentinel = qualified(schema, control_schema.SENTINEL)
    writes = [each for each in plan.leaving.privileges if each.writes]
    return (
        catalogue.require_digest(schema, plan.leaving.digest)
        + changes.fencing(change, run, writes, plan.leaving.owners)
        + _COUNT_UP.format(sentinel=sentinel, shown=plan.sentinel)
    )


def _statements(change: Change, run: str, plan: Plan) -> str:
    schema = plan.leaving.schema
    sentinel = qualified(schema, control_schema.SENTINEL)
    result = _RESULT.format(digest=catalogue.digest_sql(schema), sentinel=sentinel)
    same_files = marks.checking(schema) if plan.marked else ""
    return f"{block(same_files + body(change, run, plan))}; {result}"


def _lock(plan: Plan, mode: str) -> str:
    tables = ", ".join(qualified(plan.leaving.schema, name) for name in plan.leaving.lock_roots)
    return f"LOCK TABLE {tables} IN {mode} MODE"


def _may_be_repeated(error: DatabaseError) -> bool:
    """Tell whether the transaction is known to be rolled back, because of others' work."""
    return isinstance(error, ContendedError) or error.sqlstate == "XX000"


def _wait(longest: float, attempts_left: int) -> float:
    return max(min(SHORTEST_WAIT_SECONDS, longest), longest / 2.0**attempts_left)


def _pause(attempt: int) -> float:
    longest = min(FIRST_PAUSE_SECONDS * 2.0**attempt, LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311  # jitter, not a secret
