"""All cases, and how they get into two databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.functions.data_validation.corpus import by_type, keys, rows, tables, types
from tests.functions.data_validation.corpus.model import Case

CASES: tuple[Case, ...] = (*by_type.cases(), *keys.cases(), *rows.cases(), *tables.cases())
SETUP = (
    types.SETUP_BOTH + types.SETUP_SOURCE + keys.SETUP_SOURCE,
    types.SETUP_BOTH + types.SETUP_TARGET + keys.SETUP_TARGET,
)
_EXTENSIONS = tuple({case.requires for case in CASES if case.requires not in (None, "xml")})


def load(source: psycopg.Connection[Any], target: psycopg.Connection[Any]) -> tuple[Case, ...]:
    """Create the tables of all cases for which both servers have what it takes; return the cases.

    The databases are empty before; both connections are in autocommit mode.
    """
    lacking = _lacking(source) | _lacking(target)
    cases = tuple(case for case in CASES if case.requires not in lacking)
    extensions = "".join(
        f"CREATE EXTENSION {name} SCHEMA public;" for name in _EXTENSIONS if name not in lacking
    )
    scripts = (
        (source, extensions + SETUP[0] + "".join(case.source for case in cases)),
        (target, extensions + SETUP[1] + "".join(case.target for case in cases)),
    )
    with ThreadPoolExecutor(len(scripts)) as pool:
        list(pool.map(lambda side: side[0].execute(side[1].encode()), scripts))
    return cases


def _lacking(connection: psycopg.Connection[Any]) -> set[str | None]:
    """Return what a server has not been built with."""
    lacking: set[str | None] = set()
    try:
        connection.execute("SELECT '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        lacking.add("xml")
    available = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    lacking.update(set(_EXTENSIONS) - {name for (name,) in available})
    return lacking
