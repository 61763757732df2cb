"""The text floor: one plain hash of every row's text on each side, both sides at once.

It is what PostgreSQL itself needs for the simplest digest of a whole table. It cannot name a row,
needs both sides to stand still, and is here as the yardstick. Speaks the contestants' protocol;
`workers` is max_parallel_workers_per_gather, or null for the session's default.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg import sql


def main() -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        urls = (request["source"], request["target"])
        source, target = pool.map(lambda url: _digest(url, request), urls)
    return {
        "seconds": time.perf_counter() - started,
        "equal": source == target,
        "findings": [],
    }


def _digest(url: str, request: dict[str, Any]) -> tuple[Any, ...] | None:
    statement = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} AS t").format(
        sql.Identifier(request["schema"], request["table"])
    )
    with psycopg.connect(url) as connection:
        if request["workers"] is not None:
            workers = sql.Literal(request["workers"])
            connection.execute(sql.SQL("SET max_parallel_workers_per_gather = {}").format(workers))
        return connection.execute(statement).fetchone()


if __name__ == "__main__":
    main()
