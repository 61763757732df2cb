"""All that can happen when calls interleave and die: a small model checker for the rules.

A world is both rows, the route, and which writes each side has. Calls take one atomic step at a
time, in every order, although a lock keeps them apart in reality; one that died is one that is
never continued. The application writes where the route points, whenever that side is open. Rows
are carried over by the drain alone, so a write that a cutover does not wait for stays behind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from functions.cutover.decisions import (
    Change,
    Publish,
    Row,
    Rows,
    Settled,
    State,
    Step,
    admit,
    fence,
    hand_over,
    next_step,
    next_token,
    other,
)
from functions.runtime.route import Route, Side


@dataclass(frozen=True)
class World:
    """One situation. `source` and `target` are rows, the sets are numbers of writes."""

    source: Row
    target: Row
    route: Route
    source_writes: frozenset[int] = frozenset()
    target_writes: frozenset[int] = frozenset()
    acknowledged: int = 0

    @property
    def rows(self) -> Rows:
        return {Side.SOURCE: self.source, Side.TARGET: self.target}

    def writes(self, side: Side) -> frozenset[int]:
        return self.source_writes if side is Side.SOURCE else self.target_writes

    def with_writes(self, side: Side, writes: frozenset[int]) -> "World":
        if side is Side.SOURCE:
            return replace(self, source_writes=writes)
        return replace(self, target_writes=writes)

    def changed(self, change: Change) -> "World | None":
        """Return the world after a compare-and-set; None if it finds another row."""
        if self.rows[change.side] != change.before:
            return None
        if change.side is Side.SOURCE:
            return replace(self, source=change.after)
        return replace(self, target=change.after)

    def written(self) -> "World":
        """Return the world after a write of the application, if it is admitted."""
        active = self.route.active
        if self.rows[active].state is not State.OPEN:
            return self
        number = self.acknowledged
        world = self.with_writes(active, self.writes(active) | {number})
        return replace(world, acknowledged=number + 1)


class At(Enum):
    """Where a call is."""

    START = "start"
    FENCE = "fence"
    DRAIN = "drain"
    ADMIT = "admit"
    DECIDE = "decide"
    PUBLISH = "publish"
    LOOK = "look"
    ACT = "act"


@dataclass(frozen=True)
class Call:
    """A cutover to a side, or a settling (from LOOK on), with what it knows."""

    at: At
    to: Side = Side.TARGET
    rows: tuple[Row, ...] = ()
    token: int = 0
    step: Step | None = None

    def known(self, side: Side) -> Row:
        return self.rows[list(Side).index(side)]


def advance(call: Call, world: World) -> tuple[Call | None, World]:
    """Return the call and the world after the call's next atomic step; None when it has ended."""
    if call.at is At.START:
        if next_step(world.rows, world.route) != Settled(other(call.to)):
            return replace(call, at=At.LOOK), world
        token = next_token(world.rows, world.route)
        rows = (world.source, world.target)
        return replace(call, at=At.FENCE, rows=rows, token=token), world
    if call.at in (At.LOOK, At.ACT):
        return _settle(call, world)
    return _move(call, world)


def _move(call: Call, world: World) -> tuple[Call | None, World]:
    leave, enter = other(call.to), call.to
    if call.at is At.DRAIN:
        writes = world.writes(leave) | world.writes(enter)
        return replace(call, at=At.ADMIT), world.with_writes(enter, writes)
    if call.at is At.PUBLISH:
        return replace(call, at=At.LOOK), replace(world, route=Route(enter, call.token))
    change, following = {
        At.FENCE: (fence(leave, call.known(leave), call.token), At.DRAIN),
        At.ADMIT: (admit(enter, call.known(enter), call.token), At.DECIDE),
        At.DECIDE: (hand_over(leave, call.token), At.PUBLISH),
    }[call.at]
    changed = world.changed(change)
    if changed is None:
        return replace(call, at=At.LOOK), world
    return replace(call, at=following), changed


def _settle(call: Call, world: World) -> tuple[Call | None, World]:
    """Look, and act upon what was seen then, which may be no more so."""
    if call.at is At.LOOK:
        step = next_step(world.rows, world.route)
        return replace(call, at=At.ACT, step=step), world
    again = Call(At.LOOK)
    match call.step:
        case Change() as change:
            return again, world.changed(change) or world
        case Publish(route):
            return again, replace(world, route=route)
        case _:
            return None, world


def settled(world: World) -> tuple[Step, World]:
    """Return where settling ends when nobody else does anything, and the world then."""
    call: Call | None = Call(At.LOOK)
    step: Step | None = None
    while call is not None:
        step = call.step
        call, world = advance(call, world)
    assert step is not None
    return step, world


def worlds(calls: Sequence[Call], writes: int) -> Iterator[World]:
    """Yield every world that these calls and so many writes can lead to, once each."""
    world = World(Row(State.OPEN, 1), Row(State.CLOSED, 1), Route(Side.SOURCE, 1))
    start: tuple[World, Mapping[int, Call]] = world, dict(enumerate(calls))
    waiting = [start]
    seen = {_key(start)}
    while waiting:
        world, running = waiting.pop()
        yield world
        for following in _followers(world, running, writes):
            if _key(following) not in seen:
                seen.add(_key(following))
                waiting.append(following)


def _followers(
    world: World, running: Mapping[int, Call], writes: int
) -> Iterator[tuple[World, Mapping[int, Call]]]:
    for number, call in running.items():
        advanced, changed = advance(call, world)
        others = {key: value for key, value in running.items() if key != number}
        yield changed, others if advanced is None else {**others, number: advanced}
    if world.acknowledged < writes:
        yield world.written(), running


def _key(situation: tuple[World, Mapping[int, Call]]) -> object:
    world, running = situation
    return world, frozenset(running.items())
