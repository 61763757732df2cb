"""What the comparison needs of a database session, and the settings that it depends on.

SQL here uses PostgreSQL's own `$1` parameters. Two drivers implement the protocol: pg8000 in
Lambda (pg8000_session), psycopg on the command line (validation.psycopg_session).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from functions.data_validation.direction import Direction

R = TypeVar("R")

APPLICATION_NAME = "data-validation"
LOWEST_VERSION = 12
"""Below it, text output of floats depends on the server's major version."""

SETTINGS = {
    # Text output of values has to be the same on both sides.
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "client_encoding": "UTF8",
    # Names in output are qualified, and no object of a user's schema can stand in for a built-in.
    "search_path": "",
    # A policy that hides rows is an error, not a smaller table.
    "row_security": "off",
    # Little load, no surprises: one process a statement, no compilation, nothing written.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "60000",
}
"""Set in every session. PostgreSQL manual, "Client Connection Defaults"."""


class Session(Protocol):
    """A connection in autocommit mode, with SETTINGS. Failures are DatabaseError."""

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement with `$1`… parameters (str, int, None, list of str); return its rows.

        Raises functions.runtime.errors.DatabaseError. After SideUnavailableError the next call
        connects anew.
        """
        ...

    def close(self) -> None:
        """Close the connection; closing it again does nothing."""
        ...


@dataclass(frozen=True)
class Sides:
    """A session on each side, and the direction of what is replicated between them."""

    source: Session
    target: Session
    direction: Direction = field(default=Direction.FORWARD, kw_only=True)

    @property
    def publisher(self) -> Session:
        """The side that is replicated from."""
        return self.direction.ordered(self.source, self.target)[0]

    @property
    def subscriber(self) -> Session:
        """The side that is replicated to."""
        return self.direction.ordered(self.source, self.target)[1]

    def both(self, work: Callable[[Session], R]) -> tuple[R, R]:
        """Do the same on both sides at once; return the source's result and the target's.

        Raises what the source raised, else what the target raised, after both have ended.
        """
        return self.each(work, work)

    def each(
        self, on_source: Callable[[Session], R], on_target: Callable[[Session], R]
    ) -> tuple[R, R]:
        """Do different work on the two sides at once."""
        with ThreadPoolExecutor(1) as pool:
            target = pool.submit(on_target, self.target)
            try:
                source = on_source(self.source)
            finally:
                target.exception()
            return source, target.result()
