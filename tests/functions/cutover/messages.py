"""Sessions and a Parameter Store client that let a test step in at a message, by its meaning."""

import re
from collections.abc import Callable
from typing import Any

from functions.cutover.rehearsal import REHEARSED
from functions.cutover.session import ORDINARY_SECONDS, Session
from functions.cutover.sides import Connect
from functions.runtime.route import Side

CHANGES = {
    ("open", "fenced"): "fence",
    ("closed", "open"): "open",
    ("fenced", "closed"): "decide",
    ("fenced", "open"): "reopen",
    ("open", "closed"): "close",
    ("closed", "closed"): "raise token",
}
_CHANGE = re.compile(r"SET state = ''(\w+)'', .*?WHERE state = ''(\w+)''", re.DOTALL)

BEFORE, SENT, AFTER = "before", "sent", "after"
"""When: before a message leaves, when it left and its answer is not read, after the answer."""

StepIn = Callable[[str, str, Any], None]
"""Called with a message's meaning, when it is, and the session (None for Parameter Store)."""


def meaning(statements: str) -> str:
    """Return what a message to a server is for."""
    if REHEARSED in statements:
        return "rehearse"
    change = _CHANGE.search(statements)
    if change is not None:
        after, before = change.groups()
        return CHANGES[before, after]
    for text, name in (
        ("value >= ", "drain"),
        ("last_value", "read sequences"),
        ("pg_try_advisory_lock", "lock"),
        ("FROM aurora_migration.side", "read row"),
        ("SHARE UPDATE EXCLUSIVE", "clear the way"),
        ("DELETE FROM aurora_migration.privilege", "save"),
    ):
        if text in statements:
            return name
    return "other"


class WatchedSession:
    """A real session that calls `step_in` around each message."""

    def __init__(self, session: Any, step_in: StepIn) -> None:
        self.inner = session
        self._step_in = step_in

    @property
    def closed(self) -> bool:
        return bool(self.inner.closed)

    def run(self, statements: str, seconds: float = ORDINARY_SECONDS) -> list[list[Any]]:
        name = meaning(statements)
        self._step_in(name, BEFORE, self.inner)
        connection = self.inner._connection
        if connection is not None:
            answered = type(connection).handle_messages.__get__(connection)

            def read_the_answer(context: Any) -> None:
                self._step_in(name, SENT, self.inner)
                answered(context)

            connection.handle_messages = read_the_answer
        rows: list[list[Any]] = self.inner.run(statements, seconds)
        self._step_in(name, AFTER, self.inner)
        return rows

    def close(self) -> None:
        self.inner.close()


def watched(connect: Connect, step_in: StepIn) -> Connect:
    """Return `connect` with watched sessions."""

    def connect_watched(side: Side) -> Session:
        return WatchedSession(connect(side), step_in)

    return connect_watched


class WatchedParameters:
    """A client of SSM that calls `step_in` around each writing of the route."""

    def __init__(self, client: Any, step_in: StepIn) -> None:
        self._client = client
        self._step_in = step_in

    def put_parameter(self, **arguments: Any) -> Any:
        self._step_in("route", BEFORE, None)
        answer = self._client.put_parameter(**arguments)
        self._step_in("route", AFTER, None)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
