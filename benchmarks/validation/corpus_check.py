"""What each contestant finds of the corpus of planted differences, misses, invents or refuses.

The corpus is the one of the tests. Peers are asked for the tables that have a key, with that key
and every column that both sides have; a table without key is not supported by either.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.validation.contestants import Contestant, Found, Request, Worker
from benchmarks.validation.corpus_outcomes import Outcome, Result, Row, failed, judged
from benchmarks.validation.corpus_setup import Corpus
from benchmarks.validation.peers import DEFAULT
from benchmarks.validation.servers import SOURCE, TARGET, Servers
from functions.data_validation.cursor import FindingKind, Verdict
from functions.data_validation.expressions import Method
from functions.data_validation.preparation import Selection
from functions.data_validation.report import TableReport
from functions.data_validation.run import validate
from functions.data_validation.subject import Subject
from functions.data_validation.tables import TablePair
from functions.data_validation.workers import Endpoints
from tests.functions.data_validation.corpus.model import Case
from validation.psycopg_session import connect

CASE_LIMIT_SECONDS = 30.0

Outcomes = dict[str, Outcome]
"""The outcome of every case, by the case's name."""


def check_ours(corpus: Corpus) -> Outcomes:
    """Validate the whole database once."""
    database = corpus.database
    endpoints = Endpoints(lambda: connect(database.source), lambda: connect(database.target))
    report = validate(endpoints, Selection(compare_schema=False))
    tables = {table.table: table for table in report.tables}
    return {
        case.name: _ours(case, corpus.pairs[case.label], tables[case.label])
        for case in corpus.cases
    }


def check_peer(contestant: Contestant, corpus: Corpus, servers: Servers) -> Outcomes:
    """Have a peer compare table by table."""
    database = corpus.database
    worker = Worker(contestant, servers.folder / f"corpus {contestant.name}.log")
    with database.connect(SOURCE) as source, database.connect(TARGET) as target:
        rows = _Rows(source, target)
        try:
            return {case.name: _peer(worker, corpus, case, rows) for case in corpus.cases}
        finally:
            worker.close()


def _ours(case: Case, pair: TablePair, table: TableReport) -> Outcome:
    doubt = table.uncertifiable or table.stopped_early
    if doubt or table.totals.unverified:
        return Outcome(Result.UNSUPPORTED, reason=doubt or "unverified rows")
    findings = [finding for finding in table.findings if finding.verdict is Verdict.PERSISTENT]
    if not pair.key:
        # Rows without key have no name that could be compared; their number does.
        return judged(
            Counter((str(expected.kind), "") for expected in case.expected),
            Counter((str(finding.kind), "") for finding in findings),
        )
    subject = Subject(pair, Method.RECORD)
    return judged(
        Counter((str(one.kind), subject.where(one.key or ())) for one in case.expected),
        Counter((str(finding.kind), finding.where) for finding in findings),
    )


def _peer(worker: Worker, corpus: Corpus, case: Case, rows: "_Rows") -> Outcome:
    pair = corpus.pairs[case.label]
    if not pair.key:
        return Outcome(Result.UNSUPPORTED, reason="a table without key")
    key = tuple(column.name for column in pair.key)
    request = Request(
        source=corpus.database.source,
        target=corpus.database.target,
        schema=pair.source.schema,
        table=pair.source.name,
        key=key,
        columns=tuple(column.name for column in pair.columns if column.name not in key),
    )
    answer = worker.ask(request, CASE_LIMIT_SECONDS, bisection_factor=_segments(case))
    if answer.error:
        return failed(answer)
    planted = (Found(str(one.kind), one.key or ()) for one in case.expected)
    return judged(rows.places(pair, planted), rows.places(pair, answer.found))


def _segments(case: Case) -> int:
    """Return how many segments a peer is told to begin with, so that differences are apart."""
    return max(DEFAULT.bisection_factor, 2 * len(case.expected))


class _Rows:
    """Looks rows up by the keys that peers write in their own way, as `1.50` for `1.5`."""

    def __init__(self, source: psycopg.Connection[Any], target: psycopg.Connection[Any]) -> None:
        self._source = source
        self._target = target

    def places(self, pair: TablePair, found: Iterable[Found]) -> Counter[Row]:
        """Return where the rows are stored; a key that no row has stands for itself."""
        return Counter((one.kind, self._place(pair, one)) for one in found)

    def _place(self, pair: TablePair, row: Found) -> str:
        extra = row.kind == FindingKind.EXTRA
        connection = self._target if extra else self._source
        condition = sql.SQL(" AND ").join(
            sql.SQL("{} = {}::{}").format(
                sql.Identifier(column.name),
                sql.Literal(value),
                sql.SQL(column.source.type),
            )
            for column, value in zip(pair.key, row.key, strict=True)
        )
        table = sql.Identifier(pair.source.schema, pair.source.name)
        statement = sql.SQL("SELECT min(ctid)::text FROM {} WHERE {}").format(table, condition)
        try:
            (place,) = connection.execute(statement).fetchone() or (None,)
        except psycopg.Error:
            place = None  # It is no value of the key's type.
        return f"{row.key}" if place is None else str(place)
