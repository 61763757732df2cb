"""What is said of a contestant follows from the rows that it found, and from nothing else."""

from collections import Counter

import pytest

from benchmarks.validation.contestants import Answer
from benchmarks.validation.corpus_outcomes import Result, failed, judged


def test_finding_every_row_and_no_other_is_exact() -> None:
    rows = Counter([("missing", "1"), ("extra", "2"), ("extra", "2")])

    outcome = judged(rows, Counter(rows))

    assert (outcome.result, outcome.found, outcome.brief) == (Result.EXACT, 3, "exact")


@pytest.mark.parametrize(
    ("found", "brief"),
    [
        ([("missing", "1")], "1 of 2 missed"),
        ([], "2 of 2 missed"),
        ([("missing", "1"), ("different", "2"), ("extra", "3")], "1 invented"),
        ([("missing", "1"), ("extra", "2")], "1 of 2 missed, 1 invented"),
        ([("missing", "1"), ("different", "2"), ("different", "2")], "1 invented"),
    ],
)
def test_what_was_missed_and_what_was_invented_is_counted(
    found: list[tuple[str, str]], brief: str
) -> None:
    outcome = judged(Counter([("missing", "1"), ("different", "2")]), Counter(found))

    assert (outcome.result, outcome.brief) == (Result.WRONG, brief)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ("NotImplementedError: Cannot use a column of type Text() as a key", Result.UNSUPPORTED),
        ("TypeError: '<' not supported", Result.CRASHED),
        ("no verdict in 30 seconds", Result.CRASHED),
    ],
)
def test_a_refusal_is_told_from_a_crash(error: str, result: Result) -> None:
    assert failed(Answer(error=error)).result is result
