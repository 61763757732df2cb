"""Compares tables with reladiff or data-diff, inside an environment that has nothing but that tool.

Started as `python -I peer_worker.py MODULE`; one JSON request a line on standard input, one JSON
answer a line on standard output. A request names both URLs, the table, its key and its columns, and
in the tools' own words `threads` (for each database), `bisection_factor` and further `options`. The
clock runs from the first connection to the last difference; the start of the interpreter and
imports are outside, as for every contestant.

Both libraries have the same functions (data-diff's and reladiff's "Python API" pages), and both
advise a `max_threadpool_size` of twice the `threads`.
"""

import importlib
import json
import sys
import time
from typing import Any


def main() -> None:
    """Answer requests until standard input ends."""
    library = importlib.import_module(sys.argv[1])
    importlib.import_module("psycopg2.extras")
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(_answer(library, json.loads(line))) + "\n")
        answers.flush()


def _answer(library: Any, request: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        findings = _compare(library, request)
    except Exception as problem:
        return {"error": f"{type(problem).__name__}: {problem}"}
    return {
        "seconds": time.perf_counter() - started,
        "equal": not findings,
        "findings": findings,
    }


def _compare(library: Any, request: dict[str, Any]) -> list[list[Any]]:
    """Return [kind, key] for every row that the library calls different."""
    parse_dsn = importlib.import_module("psycopg2.extensions").parse_dsn
    # Both libraries keep connections by their parameters; no request may inherit another's.
    this_request = f"request {time.monotonic_ns()}"
    key = tuple(request["key"])
    tables = [
        library.connect_to_table(
            {"driver": "postgresql", "application_name": this_request, **parse_dsn(request[side])},
            (request["schema"], request["table"]),
            key,
            thread_count=request["threads"],
            extra_columns=tuple(request["columns"]),
        )
        for side in ("source", "target")
    ]
    signs: dict[tuple[str, ...], set[str]] = {}
    try:
        differences = library.diff_tables(
            *tables,
            algorithm="hashdiff",
            threaded=True,
            max_threadpool_size=2 * request["threads"],
            bisection_factor=request["bisection_factor"],
            **request["options"],
        )
        for sign, row in differences:
            signs.setdefault(tuple(map(str, row[: len(key)])), set()).add(sign)
    finally:
        for table in tables:
            table.database.close()
    return [[_kind(found), list(values)] for values, found in signs.items()]


def _kind(signs: set[str]) -> str:
    if len(signs) == 2:
        return "different"
    return "missing" if signs == {"-"} else "extra"


if __name__ == "__main__":
    main()
