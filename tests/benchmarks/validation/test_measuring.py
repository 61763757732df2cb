"""Verdicts are checked against what was planted, and goals against the fastest of each kind."""

import pytest

from benchmarks.validation.contestants import Answer, Contestant, Found
from benchmarks.validation.measuring import Measured
from benchmarks.validation.results import FLOOR, OURS, fastest, goal_lines

PLANTED = (1, 2, 3)


def measured(name: str, *seconds: float, error: str | None = None) -> Measured:
    answers = [Answer(seconds=one, equal=True, error=error) for one in seconds]
    return Measured(Contestant(name, ()), answers)


def answered(answer: Answer, *, names_rows: bool = True) -> Measured:
    return Measured(Contestant("anybody", (), names_rows=names_rows), [answer])


def rows(*keys: int, kind: str = "different") -> tuple[Found, ...]:
    return tuple(Found(kind, (str(key),)) for key in keys)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(equal=True), "wrong: equal"),
        (Answer(found=rows(1, 2, 3)), "3 of 3"),
        (Answer(found=rows(1, 2)), "2 of 3"),
        (Answer(found=rows(1, 2, 3, 4)), "3 of 3, 1 invented"),
        (Answer(found=(*rows(1, 2), *rows(3, kind="missing"))), "2 of 3, 1 invented"),
    ],
)
def test_a_verdict_says_how_many_of_the_planted_rows_were_found(
    answer: Answer, verdict: str
) -> None:
    assert answered(answer).verdict(PLANTED) == verdict


def test_equal_sides_that_are_called_different_are_a_wrong_verdict() -> None:
    assert answered(Answer(equal=False)).verdict(()) == "wrong: different"
    assert answered(Answer(equal=True)).verdict(()) == "equal"


def test_who_names_no_rows_is_right_when_it_says_different() -> None:
    assert answered(Answer(equal=False), names_rows=False).verdict(PLANTED) == "different"
    assert answered(Answer(equal=True), names_rows=False).verdict(PLANTED) == "wrong: equal"


def test_rounds_that_disagree_are_both_told() -> None:
    both = Measured(Contestant("anybody", ()), [Answer(equal=True), Answer(found=rows(1, 2, 3))])

    assert both.verdict(PLANTED) == "wrong: equal / 3 of 3"


def test_a_ratio_is_to_the_faster_of_two_ways() -> None:
    results = [measured(FLOOR, 3.0), measured(f"{FLOOR}, no parallel workers", 1.0, 2.0, 9.0)]

    found = fastest(results, FLOOR)

    assert found is not None
    assert found.typical == 2.0


def test_goals_are_reached_or_not_by_the_medians() -> None:
    results = [
        measured(OURS, 1.0),
        measured(FLOOR, 1.25),
        measured("reladiff 0.6.0", 6.0),
        measured("data-diff 0.11.2", 11.0),
    ]

    assert goal_lines(results, different=False) == [
        "goal: at least 6x as fast as reladiff: 6.0x, reached",
        "goal: at least 12x as fast as data-diff: 11.0x, NOT reached",
        "goal: at most 0.8x the time of the text floor: 0.80x, reached",
    ]
    assert goal_lines(results, different=True) == [
        "goal: at most 1.2x the time of the text floor: 0.80x, reached"
    ]


def test_a_goal_without_an_opponent_that_succeeded_is_not_measured() -> None:
    results = [measured(OURS, 1.0), measured(FLOOR, 5.0, error="out of memory")]

    assert goal_lines(results, different=True) == [
        "goal: at most 1.2x the time of the text floor: not measured"
    ]
