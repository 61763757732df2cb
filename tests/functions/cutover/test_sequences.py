"""Where a sequence goes on: for every definition and every two positions."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.cutover.errors import UnusableInputError
from functions.cutover.sequences import (
    Definition,
    Position,
    advance,
    reading,
    require_alike,
    setting,
)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    minimum = draw(st.integers(-50, 50))
    maximum = minimum + draw(st.integers(1, 80))
    increment = draw(st.integers(-9, 9).filter(bool))
    return Definition("s", increment, minimum, maximum, draw(st.booleans()))


def positions(definition: Definition) -> st.SearchStrategy[Position]:
    return st.builds(Position, st.integers(definition.minimum, definition.maximum), st.booleans())


def numbers(definition: Definition, position: Position, count: int = 100) -> list[int]:
    """Return what nextval would draw, as PostgreSQL does; it ends where nextval would fail."""
    drawn: list[int] = []
    last, is_called = position.last, position.is_called
    for _ in range(count):
        following = last + definition.increment if is_called else last
        if not definition.minimum <= following <= definition.maximum:
            if not definition.cycles:
                break
            following = definition.minimum if definition.increment > 0 else definition.maximum
        drawn.append(following)
        last, is_called = following, True
    return drawn


@given(data=st.data(), margin=st.integers(0, 20))
def test_no_number_is_drawn_again_that_either_side_has_drawn(
    data: st.DataObject, margin: int
) -> None:
    definition = data.draw(definitions())
    assume(not definition.cycles)
    left, standing = (data.draw(positions(definition)) for _ in range(2))
    after = advance(definition, left, standing, margin).position
    sign = 1 if definition.increment > 0 else -1
    drawn = numbers(definition, after)
    for before in (left, standing):
        if before.is_called:
            assert all(sign * number > sign * before.last for number in drawn)


@given(data=st.data(), margin=st.integers(0, 20))
def test_a_sequence_that_has_numbers_left_has_some_left_afterwards(
    data: st.DataObject, margin: int
) -> None:
    definition = data.draw(definitions())
    left, standing = (data.draw(positions(definition)) for _ in range(2))
    after = advance(definition, left, standing, margin).position
    assert definition.minimum <= after.last <= definition.maximum
    rest = (numbers(definition, left), numbers(definition, standing))
    if definition.cycles or all(rest):
        assert numbers(definition, after)
    else:
        assert not numbers(definition, after)


@given(data=st.data(), margin=st.integers(0, 20))
def test_the_margin_is_skipped_where_it_fits(data: st.DataObject, margin: int) -> None:
    definition = data.draw(definitions())
    left = data.draw(positions(definition))
    first = numbers(replace(definition, cycles=False), left)[:1]
    assume(first)
    after = advance(definition, left, left, margin).position
    skipped = first[0] + margin * definition.increment
    if definition.minimum <= skipped <= definition.maximum:
        assert numbers(definition, after)[0] == skipped
    else:
        assert numbers(definition, after)[0] == first[0]


def test_a_cycling_sequence_takes_the_position_of_the_side_that_is_left() -> None:
    definition = Definition("s", 1, 1, 10, cycles=True)
    assert advance(definition, Position(2, True), Position(9, True), 3).position == Position(
        6, is_called=False
    )
    used_up = advance(definition, Position(10, True), Position(1, False), 3).position
    assert numbers(definition, used_up, 2) == [1, 2]


def test_a_position_beyond_the_other_sides_bounds_is_refused() -> None:
    definition = Definition("s", 1, 1, 10, cycles=False)
    with pytest.raises(UnusableInputError, match="sequence s is at 500"):
        advance(definition, Position(500, True), Position(1, False), 3)


def test_sequences_that_are_missing_or_run_backwards_are_refused() -> None:
    up = Definition("s", 1, 1, 10, cycles=False)
    down = Definition("s", -1, 1, 10, cycles=False)
    with pytest.raises(UnusableInputError, match="sequence s is missing"):
        require_alike({"s": up}, {})
    with pytest.raises(UnusableInputError, match="sequence s counts in the other direction"):
        require_alike({"s": up}, {"s": down})
    require_alike({"s": up}, {"s": up, "t": down})


def test_a_schema_without_sequences_needs_no_statement() -> None:
    assert reading("x", []) is None
    assert setting("x", []) == ""
