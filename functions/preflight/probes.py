"""Read-only sessions that ask one side, each statement at most once."""

from collections.abc import Mapping

from functions.preflight.model import Rows, Situation
from functions.runtime.connections import Server
from functions.runtime.database import Session
from functions.runtime.errors import DatabaseError

APPLICATION_NAME = "preflight"
STATEMENT_TIMEOUT_SECONDS = 10.0
_SETTINGS = {
    # No object of a user's schema stands in for a built-in; names in output are qualified.
    "search_path": "",
    "default_transaction_read_only": "on",
    # A policy that hides rows is an error, not fewer rows.
    "row_security": "off",
    # Little load, and nobody waits for this session's locks, nor it for theirs.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "lock_timeout": "2000",
    # The text of values and definitions is the same on both sides.
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
}
"""Set in every session. PostgreSQL manual, "Client Connection Defaults"."""


class SideProbe:
    """A model.Probe over a session of the functions' runtime.

    A statement that failed fails again the same way: what could not be read once is not read by
    halves. Losing the connection is for the caller to deal with.
    """

    def __init__(self, session: Session, schema: str, situation: Situation) -> None:
        """Ask about `schema`; raises DatabaseError."""
        self._session = session
        self._schema = schema
        self._situation = situation
        self._known: dict[str, Rows | DatabaseError] = {}
        names, values = list(_SETTINGS), list(_SETTINGS.values())
        rows = session.run(
            "SELECT current_setting('server_version_num')::int, set_config(name, value, false)"
            " FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS given (name, value)",
            names=names,
            values=values,
        )
        self._version = int(rows[0][0])

    @property
    def version(self) -> int:
        """The server's `server_version_num`."""
        return self._version

    @property
    def situation(self) -> Situation:
        """What the preflight was asked for."""
        return self._situation

    def rows(self, statement: str) -> Rows:
        """Run a statement that may use `:schema`, or return what it gave before."""
        if statement not in self._known:
            try:
                self._known[statement] = self._session.run(statement, schema=self._schema)
            except DatabaseError as error:
                self._known[statement] = error
        known = self._known[statement]
        if isinstance(known, DatabaseError):
            raise known
        return known


def open_session(server: Server, login: Mapping[str, str], authority: str) -> Session:
    """Connect as `login` (`username`, `password`), trusting only the PEM bundle `authority`.

    Raises SideUnavailableError, LoginFailedError and ssl.SSLCertVerificationError.
    """
    return Session(
        server,
        login,
        authority,
        application_name=APPLICATION_NAME,
        statement_timeout=STATEMENT_TIMEOUT_SECONDS,
    )
