"""What one test plants for one check, and what the check has to say about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.preflight.model import Severity
from functions.preflight.thresholds import Thresholds
from functions.runtime.route import Side
from tests.functions.preflight.support import BY_NAME, Pair, situation_of


@dataclass(frozen=True)
class Case:
    """One defect. In its statements and in `finds`, `{s}` is the schema.

    `finds` are the objects that the check names, all on `side`; without a fix, `undo` is what a
    person would do about it, on that side.
    """

    check: str
    title: str
    finds: tuple[str, ...]
    both: str = ""
    source: str = ""
    target: str = ""
    side: Side = Side.SOURCE
    severity: Severity = Severity.BLOCKING
    undo: str = ""
    situation: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.check}: {self.title}"


def show_fix_and_see_it_gone(case: Case, pair: Pair) -> None:
    """Plant a defect, see that exactly it is found, run the fixes, and see that it is gone."""
    situation = situation_of(case.check, **case.situation)
    plant(case, pair)
    found = pair.findings(case.check, situation)
    named = tuple(each.format(s=pair.schema) for each in case.finds)
    assert [each.object for each in found] == list(named)
    assert {(each.side, each.severity) for each in found} == {(case.side, case.severity)}
    fixes = [each.fix for each in found if each.fix is not None]
    assert bool(fixes) is not bool(case.undo)
    for fix in fixes or [case.undo.format(s=pair.schema)]:
        pair.run(case.side, fix)
    assert pair.findings(case.check, situation) == ()


def plant(case: Case, pair: Pair) -> None:
    """Run a case's statements."""
    for side, statements in ((Side.SOURCE, case.source), (Side.TARGET, case.target)):
        pair.run(side, (case.both + ";" + statements).replace("{s}", pair.schema))


def uncovered(cases: Sequence[Case], others: Sequence[str]) -> set[str]:
    """Return the checks of the registry that no case and no other test is about."""
    return BY_NAME.keys() - {case.check for case in cases} - set(others)


STRICT = Thresholds(longest_transaction_seconds=0)
