"""Our own contestant: a whole validation of two databases, as `invoke validate` runs it.

From the first connection to the report: catalogue, schema comparison, canary, plan, every row,
rechecks. Speaks the contestants' protocol; looking up the keys of what was found is not timed, as
the others' answers have them already.
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from functions.data_validation.cursor import Finding, Verdict
from functions.data_validation.preparation import Selection
from functions.data_validation.report import Outcome, Report
from functions.data_validation.run import validate
from functions.data_validation.workers import Endpoints
from validation.psycopg_session import connect


def main() -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        report = _validate(request)
        seconds = time.perf_counter() - started
        findings = _findings(report)
        keys = _keys(request, [finding.where for finding in findings])
    except Exception as problem:
        return {"error": f"{type(problem).__name__}: {problem}"}
    return {
        "seconds": seconds,
        "equal": report.outcome is Outcome.EQUAL,
        "findings": [[str(finding.kind), key] for finding, key in zip(findings, keys, strict=True)],
    }


def _validate(request: dict[str, Any]) -> Report:
    endpoints = Endpoints(lambda: connect(request["source"]), lambda: connect(request["target"]))
    return validate(endpoints, Selection())


def _findings(report: Report) -> list[Finding]:
    """Return the rows that differ. Raises ArithmeticError if they are not all there is to say."""
    if report.outcome is Outcome.UNVERIFIED:
        reasons = [table.uncertifiable or table.stopped_early for table in report.tables]
        raise ArithmeticError(f"unverified: {reasons}")
    found = [
        finding
        for table in report.tables
        for finding in table.findings
        if finding.verdict is Verdict.PERSISTENT
    ]
    counted = sum(table.differences for table in report.tables)
    if len(found) != counted:
        raise ArithmeticError(f"{len(found)} findings are listed and {counted} counted")
    return found


def _keys(request: dict[str, Any], places: Sequence[str]) -> list[list[str]]:
    """Return the keys of the rows that the predicates of findings lead to."""
    if not places:
        return []
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(name)) for name in request["key"]
    )
    table = sql.Identifier(request["schema"], request["table"])
    keys = []
    with psycopg.connect(request["source"]) as source, psycopg.connect(request["target"]) as target:
        for place in places:
            statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
                columns,
                table,
                sql.SQL(place),
            )
            row = source.execute(statement).fetchone() or target.execute(statement).fetchone()
            if row is None:
                raise LookupError(f"no row where {place}")
            keys.append(list(row))
    return keys


if __name__ == "__main__":
    main()
