"""The rules of a cutover: every pair of rows, each alone."""

from itertools import product

import pytest

from functions.cutover.decisions import (
    Change,
    Contradiction,
    Publish,
    Row,
    Settled,
    State,
    next_step,
    next_token,
    other,
    undo,
)
from functions.runtime.route import Route, Side

SOURCE, TARGET = Side.SOURCE, Side.TARGET
OPEN, FENCED, CLOSED = State.OPEN, State.FENCED, State.CLOSED
ON_SOURCE = Route(SOURCE, 1)
ON_TARGET = Route(TARGET, 1)


@pytest.mark.parametrize(
    ("source", "target", "route", "expected"),
    [
        # Nothing is under way.
        ((OPEN, 1), (CLOSED, 1), ON_SOURCE, Settled(SOURCE)),
        ((OPEN, 9), (CLOSED, 9), ON_SOURCE, Settled(SOURCE)),
        ((CLOSED, 2), (OPEN, 2), Route(TARGET, 2), Settled(TARGET)),
        # Fenced and undecided: undone, whatever the other side shows.
        *(
            (
                (FENCED, 2),
                standby,
                ON_SOURCE,
                Change(SOURCE, Row(FENCED, 2), Row(OPEN, 3)),
            )
            for standby in ((CLOSED, 1), (OPEN, 2))
        ),
        ((OPEN, 5), (FENCED, 5), ON_TARGET, Change(TARGET, Row(FENCED, 5), Row(OPEN, 6))),
        # Undone on the side that was fenced: the other one is closed with the same token.
        ((OPEN, 3), (OPEN, 2), ON_SOURCE, Change(TARGET, Row(OPEN, 2), Row(CLOSED, 3))),
        ((OPEN, 3), (CLOSED, 1), ON_SOURCE, Change(TARGET, Row(CLOSED, 1), Row(CLOSED, 3))),
        # Decided: the route follows.
        ((CLOSED, 2), (OPEN, 2), ON_SOURCE, Publish(Route(TARGET, 2))),
        ((OPEN, 7), (CLOSED, 7), ON_TARGET, Publish(Route(SOURCE, 7))),
    ],
)
def test_the_next_step_follows_from_the_rows_and_the_route(
    source: tuple[State, int], target: tuple[State, int], route: Route, expected: object
) -> None:
    assert next_step({SOURCE: Row(*source), TARGET: Row(*target)}, route) == expected


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((CLOSED, 2), (CLOSED, 2)),
        ((CLOSED, 2), (CLOSED, 1)),
        ((FENCED, 2), (FENCED, 2)),
        ((OPEN, 2), (OPEN, 2)),
        ((OPEN, 1), (CLOSED, 2)),
    ],
)
def test_rows_that_no_call_leaves_behind_are_a_contradiction(
    source: tuple[State, int], target: tuple[State, int]
) -> None:
    step = next_step({SOURCE: Row(*source), TARGET: Row(*target)}, ON_SOURCE)
    assert isinstance(step, Contradiction)


def test_a_route_that_somebody_moved_beyond_the_rows_is_a_contradiction() -> None:
    rows = {SOURCE: Row(OPEN, 2), TARGET: Row(CLOSED, 2)}
    assert isinstance(next_step(rows, Route(TARGET, 2)), Contradiction)


ROWS = [Row(state, token) for state in State for token in range(4)]


@pytest.mark.parametrize(("source", "target"), list(product(ROWS, ROWS)))
def test_settling_ends_from_any_rows_at_all(source: Row, target: Row) -> None:
    rows, route = {SOURCE: source, TARGET: target}, ON_SOURCE
    for _ in range(5):
        match next_step(rows, route):
            case Change(side, before, after):
                assert rows[side] == before
                rows[side] = after
            case Publish(following):
                route = following
            case Settled(active):
                assert (rows[active].state, rows[other(active)].state) == (OPEN, CLOSED)
                assert rows[active].token == rows[other(active)].token
                assert route.active is active
                return
            case Contradiction():
                return
    pytest.fail(f"not settled after five steps from {source}, {target}")


def test_the_next_token_is_greater_than_all_that_were_used() -> None:
    rows = {SOURCE: Row(OPEN, 4), TARGET: Row(CLOSED, 6)}
    assert next_token(rows, Route(SOURCE, 5)) == 7
    assert next_token(rows, Route(SOURCE, 9)) == 10


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Row(OPEN, 2), Row(FENCED, 2)),
        (Row(OPEN, 2), Row(FENCED, 1)),
        (Row(FENCED, 2), Row(CLOSED, 3)),
        (Row(FENCED, 2), Row(CLOSED, 1)),
        (Row(CLOSED, 1), Row(FENCED, 2)),
        (Row(FENCED, 1), Row(FENCED, 2)),
    ],
)
def test_a_change_that_there_is_not_cannot_be_made(before: Row, after: Row) -> None:
    with pytest.raises(ValueError, match="no side goes from"):
        Change(SOURCE, before, after)


def test_only_a_fence_can_be_undone() -> None:
    assert undo(SOURCE, Row(OPEN, 1)) is None
    assert undo(SOURCE, Row(CLOSED, 1)) is None
