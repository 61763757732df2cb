"""What the cutover benchmark makes of what it saw."""

import io

import pytest
from rich.console import Console

from benchmarks.cutover.rounds import Measured, Round, longest_gap, print_table


@pytest.mark.parametrize(
    ("moments", "gap"),
    [([], 0.0), ([5.0], 0.0), ([1.0, 2.0, 4.5], 2.5), ([4.5, 1.0, 2.0], 2.5)],
)
def test_the_longest_gap_is_between_neighbours_in_time(moments: list[float], gap: float) -> None:
    assert longest_gap(moments) == gap


def test_the_window_is_a_median_and_failures_are_a_sum() -> None:
    rounds = (Round(1.0, 2.0, 3.0, 1), Round(9.0, 2.0, 3.0, 0), Round(2.0, 2.0, 3.0, 4))
    measured = Measured("ours", rounds)
    assert (measured.window, measured.failures) == (2.0, 5)


def test_the_table_shows_each_contestant_beside_the_floor() -> None:
    ours = Measured("ours", (Round(12.0, 90.0, 95.0, 0), Round(18.0, 110.0, 120.0, 0)))
    floor = Measured("bare", (Round(5.0, 20.0, 21.0, 0),))
    written = io.StringIO()
    print_table(Console(file=written, width=160), (ours, floor))
    _, first, second = written.getvalue().splitlines()
    assert first.split() == [
        *("ours", "2", "15.0", "18.0", "3.0"),
        *("100.0", "110.0", "107.5", "120.0", "0"),
    ]
    assert second.split()[:5] == ["bare", "1", "5.0", "5.0", "1.0"]
