"""What became of one case of the corpus with one contestant."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.validation.contestants import Answer

_REFUSALS = ("NotImplementedError", "EmptyTable", "ValueError: Table appears to be empty")
"""Errors by which a peer says itself that it does not take a table."""

Row = tuple[str, str]
"""A kind of difference, and where it is."""


class Result(StrEnum):
    """How a case ended."""

    EXACT = "exact"
    """Every difference was found, and nothing else."""

    WRONG = "wrong"
    CRASHED = "crashed"
    UNSUPPORTED = "not supported"
    """The contestant said so, which is honest."""


@dataclass(frozen=True)
class Outcome:
    """A contestant's result in one case: rows that it found, missed and invented."""

    result: Result
    found: int = 0
    missed: int = 0
    invented: int = 0
    reason: str = ""

    @property
    def brief(self) -> str:
        """A few words for a table."""
        if self.result is not Result.WRONG:
            return str(self.result)
        parts = (
            (self.missed, f"{self.missed} of {self.found + self.missed} missed"),
            (self.invented, f"{self.invented} invented"),
        )
        return ", ".join(words for number, words in parts if number)


def judged(expected: Counter[Row], found: Counter[Row]) -> Outcome:
    """Return what to say of rows that were found where others were expected."""
    missed, invented = expected - found, found - expected
    return Outcome(
        Result.WRONG if missed or invented else Result.EXACT,
        found=(expected & found).total(),
        missed=missed.total(),
        invented=invented.total(),
    )


def failed(answer: Answer) -> Outcome:
    """Return what to say of an answer that is an error."""
    reason = " ".join((answer.error or "").split())
    refused = reason.startswith(_REFUSALS)
    return Outcome(Result.UNSUPPORTED if refused else Result.CRASHED, reason=reason)
