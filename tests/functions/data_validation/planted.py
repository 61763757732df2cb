"""The corpus of planted differences, compared by the whole engine."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from functions.data_validation.comparison import Comparison, Limits
from functions.data_validation.cursor import Cursor, FindingKind, Item, Verdict
from functions.data_validation.expressions import Method
from functions.data_validation.findings import MOST_ROWS_DESCRIBED
from functions.data_validation.positions import AtRest
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import Subject
from functions.data_validation.tables import TablePair
from tests.functions.data_validation.corpus.loading import load
from tests.functions.data_validation.corpus.model import Case
from tests.functions.data_validation.engine import in_one_go
from tests.functions.data_validation.support import fresh_databases
from tests.functions.support import Clusters


@dataclass(frozen=True)
class Corpus:
    """The corpus in two databases."""

    sides: Sides
    cases: tuple[Case, ...]
    pairs: dict[str, TablePair]

    def compared(self, case: Case, method: Method, limits: Limits) -> tuple[Subject, Cursor]:
        """Compare the tables of a case."""
        pair = self.pairs[case.label]
        subject = Subject(pair, method)
        comparison = Comparison(subject, self.sides, self.sides, AtRest(), limits)
        item = Item(pair.source.schema, pair.source.name)
        return subject, in_one_go(comparison, Cursor(item))

    def faults(self, cases: Iterable[Case], method: Method, limits: Limits) -> dict[str, str]:
        """Compare the tables of cases; return what is wrong with what was found, by case."""
        problems = (
            (case.name, fault(case, *self.compared(case, method, limits))) for case in cases
        )
        return {name: problem for name, problem in problems if problem is not None}


@contextlib.contextmanager
def loaded_corpus(clusters: Clusters) -> Iterator[Corpus]:
    """Load the corpus into fresh databases."""
    with fresh_databases(clusters) as databases:
        cases = load(databases.source, databases.target)
        sides = databases.sides()
        yield Corpus(sides, cases, databases.pairs(sides))


def fault(case: Case, subject: Subject, cursor: Cursor) -> str | None:
    """Return in which way findings are not those that a case expects, None if they are."""
    kinds = Counter(finding.kind for finding in cursor.findings)
    if kinds != Counter(expected.kind for expected in case.expected):
        return f"found {dict(kinds)}"
    if not all(finding.verdict is Verdict.PERSISTENT for finding in cursor.findings):
        return "a finding is not persistent"
    if subject.multiset:
        return None
    expected = {(one.kind, subject.where(one.key or ())): one.columns for one in case.expected}
    places = {(finding.kind, finding.where) for finding in cursor.findings}
    if places != expected.keys():
        return f"found {places ^ expected.keys()} on one side only"
    named = [finding for finding in cursor.findings if finding.columns]
    for finding in named:
        columns = {difference.column for difference in finding.columns}
        if columns != expected[finding.kind, finding.where]:
            return f"named {columns} where {finding.where}"
    if len(named) != min(kinds[FindingKind.DIFFERENT], MOST_ROWS_DESCRIBED):
        return f"named the columns of {len(named)} rows"
    return None
