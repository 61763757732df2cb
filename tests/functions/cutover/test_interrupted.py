"""Whatever calls interleave and wherever they die, settling loses no write and ends on one side."""

import pytest

from functions.cutover.decisions import Contradiction, Settled, State, other
from functions.runtime.route import Side
from tests.functions.cutover.model import At, Call, settled, worlds

THERE, BACK = Call(At.START, Side.TARGET), Call(At.START, Side.SOURCE)
SETTLE = Call(At.LOOK)


@pytest.mark.parametrize(
    ("calls", "writes"),
    [
        ([THERE, SETTLE], 2),
        ([THERE, THERE], 2),
        ([THERE, BACK, SETTLE], 1),
        ([THERE, THERE, BACK], 1),
    ],
    ids=["and settle", "two alike", "and back, and settle", "two alike, and back"],
)
def test_every_world_settles_on_one_side_that_has_every_acknowledged_write(
    calls: list[Call], writes: int
) -> None:
    count = 0
    for world in worlds(calls, writes):
        count += 1
        step, after = settled(world)
        assert not isinstance(step, Contradiction), (step, world)
        assert isinstance(step, Settled), (step, world)
        active, standby = after.rows[step.active], after.rows[other(step.active)]
        assert (active.state, standby.state) == (State.OPEN, State.CLOSED), world
        assert active.token == standby.token, world
        assert after.route.active is step.active, world
        assert after.writes(step.active) == set(range(after.acknowledged)), world
    assert count > 400
