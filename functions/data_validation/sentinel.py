"""Positions by a sentinel: a counter on the publisher, replicated like any other row.

It works with every kind of replication that applies in the order of commit. With AWS DMS it is what
can be relied upon: a task's slot says what the task has taken over, not what is shown, and
its latency metrics are samples. The table has to be among those that the task replicates, the task
has to apply in order (BatchApplyEnabled=false), and every table has to be past its full load, which
the caller makes sure of.
"""

import contextlib
import re
import time
from collections.abc import Callable

from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.sessions import Sides
from functions.data_validation.tables import quoted
from functions.data_validation.wal import Lag
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Side

UNDEFINED_TABLE = "42P01"
UNDEFINED_COLUMN = "42703"
INSUFFICIENT_PRIVILEGE = "42501"

_NUMBER = re.compile(r"[0-9]{1,19}")


class Sentinel:
    """Positions are a counter's values; the subscriber has passed one when it shows that or more.

    Row locks make the order of values that of commits, also with several runs at once.
    """

    def __init__(
        self,
        writers: Sides,
        schema: str,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the row `id = 1` of a table `(id int PRIMARY KEY, value bigint NOT NULL)`."""
        self._writers = writers
        self._label = f"{schema}.{name}"
        self._relation = f"{quoted(schema)}.{quoted(name)}"
        self._clock = clock
        self._shown_before = 0
        self._waiting: dict[int, float] = {}
        self._seconds: float | None = None

    def mark(self) -> str:
        """Count up on the publisher, in a transaction of its own; return the new value.

        It is above what the subscriber showed before, which may have been a publisher once.
        Raises UnusableInputError when the table is not there or may not be written.
        """
        source = self._writers.publisher
        try:
            source.run("BEGIN READ WRITE")
            [(value,)] = source.run(
                f"INSERT INTO {self._relation} AS sentinel (id, value) VALUES (1, $1::bigint + 1)"  # noqa: S608  # the relation is a quoted identifier
                " ON CONFLICT (id)"
                " DO UPDATE SET value = greatest(sentinel.value, $1::bigint) + 1 RETURNING value",
                (self._shown_before,),
            )
            source.run("COMMIT")
        except DatabaseError as error:
            with contextlib.suppress(DatabaseError):
                source.run("ROLLBACK")
            side = self._writers.direction.publishing
            raise self._explained(side, "SELECT, INSERT, UPDATE", error) from None
        self._waiting[value] = self._clock()
        return str(value)

    def passed(self, mark: str) -> bool:
        """Tell whether the subscriber shows this value or a later one.

        Raises UnusableInputError when its table is not there or may not be read, and
        CheckpointError for a mark that is no number.
        """
        if not _NUMBER.fullmatch(mark):
            raise CheckpointError(f"{mark!r} is no value of a sentinel: other positions made it")
        shown = self._shown(self._writers.direction.subscribing)
        now = self._clock()
        for value in [value for value in self._waiting if value <= shown]:
            self._seconds = now - self._waiting.pop(value)
        return int(mark) <= shown

    def lag(self) -> Lag | None:
        """Return the age of the oldest mark on its way, else how long the last one took.

        None before the first mark. Bytes are not known.
        """
        if self._waiting:
            return Lag(None, self._clock() - min(self._waiting.values()))
        return None if self._seconds is None else Lag(None, self._seconds)

    def describe(self) -> str:
        """Return the choice of this sentinel, as choose_positions() takes it."""
        return f"sentinel:{self._label}"

    def reason(self) -> str | None:
        """Return why the subscriber may never pass a mark, None if nothing is known against it."""
        direction = self._writers.direction
        counted, shown = self._shown(direction.publishing), self._shown(direction.subscribing)
        if shown >= counted:
            return None
        return (
            f"sentinel {self._label} is at {counted} on the {direction.publishing},"
            f" at {shown} on the {direction.subscribing}"
        )

    def check(self) -> None:
        """Raise UnusableInputError unless the table can be read on both sides."""
        self._shown(self._writers.direction.publishing)
        self._shown_before = self._shown(self._writers.direction.subscribing)

    def _shown(self, side: Side) -> int:
        session = self._writers.source if side is Side.SOURCE else self._writers.target
        try:
            rows = session.run(f"SELECT max(value) FROM {self._relation} WHERE id = 1")  # noqa: S608  # the relation is a quoted identifier
        except DatabaseError as error:
            raise self._explained(side, "SELECT", error) from None
        return int(rows[0][0] or 0)

    def _explained(self, side: Side, privileges: str, error: DatabaseError) -> Exception:
        if error.sqlstate in (UNDEFINED_TABLE, UNDEFINED_COLUMN):
            return UnusableInputError(
                f"the {side} has no sentinel table {self._label} as it should be; on both sides run"
                f" CREATE TABLE {self._relation} (id int PRIMARY KEY, value bigint NOT NULL);"
                " and let it be replicated"
            )
        if error.sqlstate == INSUFFICIENT_PRIVILEGE:
            return UnusableInputError(
                f"the role of the session on the {side} needs {privileges} on {self._relation}"
                " and USAGE on its schema"
            )
        return error
