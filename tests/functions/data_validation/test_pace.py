"""Chunks grow and shrink towards their time, and the rate is kept by a clock that tests drive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.data_validation.pace import RateLimit, next_chunk_rows


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def following(asked: int, compared: int, seconds: float) -> int:
    return next_chunk_rows(asked, compared, seconds, target_seconds=0.25, ceiling=250_000)


@pytest.mark.parametrize(
    ("asked", "compared", "seconds", "expected"),
    [
        (10_000, 10_000, 0.25, 10_000),
        (10_000, 10_000, 0.125, 20_000),
        (10_000, 10_000, 0.5, 5_000),
        (10_000, 10_000, 0.001, 40_000),
        (10_000, 10_000, 0.0, 40_000),
        (10_000, 10_000, 60.0, 2_500),
        (200_000, 200_000, 0.1, 250_000),
        (1, 1, 60.0, 1),
    ],
)
def test_the_next_chunk_takes_the_time_aimed_at_in_steps_of_at_most_four(
    asked: int, compared: int, seconds: float, expected: int
) -> None:
    assert following(asked, compared, seconds) == expected


def test_a_chunk_with_few_rows_says_nothing_about_the_next() -> None:
    assert following(10_000, 12, 0.002) == 10_000
    assert following(10_000, 12, 5.0) == 10_000


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.floats(0, 100), st.integers(1, 10**6))
def test_a_chunk_has_at_least_one_row_and_never_more_than_the_ceiling(
    asked: int, compared: int, seconds: float, ceiling: int
) -> None:
    rows = next_chunk_rows(asked, compared, seconds, target_seconds=0.25, ceiling=ceiling)
    assert 1 <= rows <= ceiling


@given(st.integers(1, 10_000), st.lists(st.integers(0, 5_000), min_size=1, max_size=50))
def test_no_work_begins_before_all_earlier_work_is_paid_for(rate: int, chunks: list[int]) -> None:
    clock = Clock()
    limit = RateLimit(rate, clock)
    start, compared = clock.now, 0
    for rows in chunks:
        clock.sleep(limit.wait())
        assert compared <= rate * (clock.now - start) + 1e-6 * rate
        compared += rows
        limit.spend(rows)


def test_time_in_which_nothing_was_compared_does_not_add_up_to_a_burst() -> None:
    clock = Clock()
    limit = RateLimit(100, clock)
    clock.sleep(3_600)
    limit.spend(100)
    assert limit.wait() == pytest.approx(1.0)


def test_without_a_rate_nothing_waits() -> None:
    limit = RateLimit(None, Clock())
    limit.spend(10**9)
    assert limit.wait() == 0
