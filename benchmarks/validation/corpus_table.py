"""The corpus's results as tables: in total, and case by case where somebody was not exact."""

import re
from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.validation.corpus_check import Outcomes
from benchmarks.validation.corpus_outcomes import Outcome, Result
from benchmarks.validation.corpus_setup import Corpus

_PARTICULARS = re.compile(r"\(| LINE | DETAIL")


def print_corpus(console: Console, corpus: Corpus, results: Mapping[str, Outcomes]) -> None:
    """Print the results by contestant; every contestant has an outcome for every case."""
    console.print(
        f"corpus: {len(corpus.cases)} cases, "
        f"{sum(len(case.expected) for case in corpus.cases)} planted differences; "
        f"in {len(corpus.spread)} the rows are spread as in a large table"
    )
    console.print(_summary(results))
    console.print(_cases(corpus, results))
    for name, outcomes in results.items():
        for line in _reasons(outcomes):
            console.print(f"{name}: {line}")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD)


def _summary(results: Mapping[str, Outcomes]) -> Table:
    table = _table("cases by result, and rows")
    table.add_column("", no_wrap=True)
    headings = (*(str(result) for result in Result), "rows found", "missed", "invented")
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, outcomes in results.items():
        ended = Counter(outcome.result for outcome in outcomes.values())
        numbers = [
            *(ended[result] for result in Result),
            sum(outcome.found for outcome in outcomes.values()),
            sum(outcome.missed for outcome in outcomes.values()),
            sum(outcome.invented for outcome in outcomes.values()),
        ]
        table.add_row(name, *map(str, numbers))
    return table


def _cases(corpus: Corpus, results: Mapping[str, Outcomes]) -> Table:
    """Return a row for every case in which somebody was wrong or crashed, or we were not exact."""
    table = _table("cases in which somebody was wrong or crashed")
    table.add_column("case", no_wrap=True)
    table.add_column("planted", justify="right")
    for name in results:
        table.add_column(name, no_wrap=True)
    for case in corpus.cases:
        outcomes = [outcomes[case.name] for outcomes in results.values()]
        if any(outcome.result in (Result.WRONG, Result.CRASHED) for outcome in outcomes):
            briefs = (outcome.brief for outcome in outcomes)
            table.add_row(case.name, str(len(case.expected)), *briefs)
    return table


def _reasons(outcomes: Outcomes) -> list[str]:
    """Return why a contestant crashed or refused, each reason once with the number of cases."""
    counted = Counter(_reason(outcome) for outcome in outcomes.values() if outcome.reason)
    return [f"{cases} x {reason}" for reason, cases in counted.most_common()]


def _reason(outcome: Outcome) -> str:
    """Return the part of a reason that does not tell one table from another."""
    shared, *_ = _PARTICULARS.split(outcome.reason, maxsplit=1)
    return f"{outcome.result}: {shared.strip()}"
