"""What follows from both sides' rows and the route: the rules of a cutover, without any I/O.

Each side has one row, its state and the token (epoch) at which it entered the state. A cutover
from F to T with token n is a chain of changes, each a compare-and-set of one row:

    F  open(m) ──> fenced(n) ──────────────────────> closed(n)        m < n, the decision
    T  closed(k) ─────────────> open(n)                               k < n

and undoing one, which is possible as long as F is fenced:

    F  fenced(n) ──> open(n+1)
    T  open(n) or closed(k) ──> closed(n+1)

F decides alone: either `fenced(n) -> closed(n)` or `fenced(n) -> open(n+1)` finds its row, never
both. Tokens are equal on both sides exactly when nothing is under way, because a cutover as well
as its undoing end with the same token on both; else the side with the greater token, or the
fenced one, is ahead of the other. A change by a process that was given up finds another token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from functions.runtime.route import Route, Side


class State(StrEnum):
    """What a side admits."""

    OPEN = "open"
    """Reads and writes."""
    FENCED = "fenced"
    """Reads. Writes have ended and are refused, and it is undecided where they go on."""
    CLOSED = "closed"
    """Nothing: a standby, or handed over."""


@dataclass(frozen=True)
class Row:
    """A side's state and the token at which it was entered."""

    state: State
    token: int

    def __str__(self) -> str:
        return f"{self.state}({self.token})"


Rows = Mapping[Side, Row]

_GROWS = {
    (State.OPEN, State.FENCED): True,
    (State.CLOSED, State.OPEN): True,
    (State.FENCED, State.CLOSED): False,
    (State.FENCED, State.OPEN): True,
    (State.OPEN, State.CLOSED): True,
    (State.CLOSED, State.CLOSED): True,
}
"""Every change there is, and whether it takes a greater token. The last one only raises it."""


@dataclass(frozen=True)
class Change:
    """A compare-and-set of one side's row. Raises ValueError for one that there is not."""

    side: Side
    before: Row
    after: Row

    def __post_init__(self) -> None:
        grows = _GROWS.get((self.before.state, self.after.state))
        difference = self.after.token - self.before.token
        if grows is None or (difference > 0) is not grows or difference < 0:
            raise ValueError(f"no side goes from {self.before} to {self.after}")


@dataclass(frozen=True)
class Publish:
    """The sides agree and the route is behind them: write this one."""

    route: Route


@dataclass(frozen=True)
class Settled:
    """Nothing is under way: this side takes the traffic, and the route says so."""

    active: Side


@dataclass(frozen=True)
class Contradiction:
    """Rows and route that no cutover and no crash leaves behind; somebody changed them by hand."""

    why: str


Step = Change | Publish | Settled | Contradiction


def other(side: Side) -> Side:
    """Return the opposite side."""
    return Side.TARGET if side is Side.SOURCE else Side.SOURCE


def next_token(rows: Rows, route: Route) -> int:
    """Return the token of the next cutover: greater than all that were ever used."""
    return 1 + max(*(row.token for row in rows.values()), route.epoch)


def fence(side: Side, row: Row, token: int) -> Change:
    """Return the change that ends the writes on the side that has the traffic."""
    return Change(side, row, Row(State.FENCED, token))


def admit(side: Side, row: Row, token: int) -> Change:
    """Return the change that opens the side that is to get the traffic."""
    return Change(side, row, Row(State.OPEN, token))


def hand_over(side: Side, token: int) -> Change:
    """Return the decision, after which there is only forward."""
    return Change(side, Row(State.FENCED, token), Row(State.CLOSED, token))


def undo(side: Side, row: Row) -> Change | None:
    """Return what undoes a fence; it needs to know of no other side. None if there is no fence."""
    if row.state is not State.FENCED:
        return None
    return Change(side, row, Row(State.OPEN, row.token + 1))


def next_step(rows: Rows, route: Route) -> Step:
    """Return the one thing to do next so that in the end nothing is under way.

    Whatever call died wherever: as long as one side is fenced it is undone, and after the
    decision it is completed.
    """
    fenced = [side for side in Side if rows[side].state is State.FENCED]
    opened = [side for side in Side if rows[side].state is State.OPEN]
    if len(fenced) == 1:
        (side,) = fenced
        return undo(side, rows[side]) or _contradiction(rows)
    if not fenced and len(opened) == 2:
        return _close_the_one_behind(rows)
    if not fenced and len(opened) == 1:
        return _agree(rows, opened[0], route)
    return _contradiction(rows)


def _close_the_one_behind(rows: Rows) -> Step:
    """Both admit: a fence was undone, and the side that had been opened for it is still open."""
    behind, ahead = sorted(Side, key=lambda side: rows[side].token)
    if rows[behind].token == rows[ahead].token:
        return _contradiction(rows)
    return Change(behind, rows[behind], Row(State.CLOSED, rows[ahead].token))


def _agree(rows: Rows, active: Side, route: Route) -> Step:
    """One admits: after a fence was undone the other learns its token, else the route follows."""
    standby = other(active)
    token = rows[active].token
    if rows[standby].token > token:
        return _contradiction(rows)
    if rows[standby].token < token:
        return Change(standby, rows[standby], Row(State.CLOSED, token))
    if route.active is active:
        return Settled(active)
    if route.epoch >= token:
        return Contradiction(
            f"the {active} is open at {token}, but the route names the other side at {route.epoch}"
        )
    return Publish(Route(active, token))


def _contradiction(rows: Rows) -> Contradiction:
    described = ", ".join(f"{side} {rows[side]}" for side in Side)
    return Contradiction(f"the sides contradict each other: {described}")
