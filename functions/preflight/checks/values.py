"""Values that DMS changes or cuts, looked for in a sample of every table.

Sources: AWS DMS User Guide, "Migrating from PostgreSQL to PostgreSQL using AWS DMS" (infinity),
"Working with LOB source data types for PostgreSQL", "Endpoint settings when using PostgreSQL as a
DMS source" (unboundedVarcharMaxSize).
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BEFORE_LOAD,
    ON_SOURCE,
    Check,
    Facts,
    Problem,
    Severity,
)
from functions.preflight.sampling import SIZE, sample, sampled
from functions.runtime.route import Side

LONGEST_VARCHAR = 8_000
"""Bytes of a varchar without a length, DMS's default."""

TABLES_NAMED = 5


def _special(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    for table in sampled(facts.source):
        for (column, measure), found in (table.values or {}).items():
            if measure != SIZE and found:
                yield (
                    Side.SOURCE,
                    Problem(
                        f"{table.table}.{column}",
                        f"It has {measure} ({table.extent}), which DMS turns into other values or"
                        " refuses.",
                    ),
                )


def _large(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    limit = facts.situation.task.lob_limit_bytes
    for table in sampled(facts.source):
        for (column, measure), found in (table.values or {}).items():
            if measure == SIZE and limit is not None and found is not None and found > limit:
                yield (
                    Side.SOURCE,
                    Problem(
                        f"{table.table}.{column}",
                        f"A value takes {found:,} bytes as DMS counts ({table.extent}); beyond"
                        f" {limit:,} the task cuts LOBs, or stops: raise LobMaxSize.",
                    ),
                )


def _extent(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    tables = sampled(facts.source)
    whole = [each.table for each in tables if each.whole]
    part = [each.table for each in tables if not each.whole and each.values is not None]
    none = [each.table for each in tables if each.values is None]
    if not (part or none):
        return
    said = [f"{len(whole)} tables were read whole"]
    if part:
        said.append(f"a sample of {len(part)} ({_named(part)})")
    if none:
        said.append(f"nothing of {len(none)} ({_named(none)})")
    yield (
        Side.SOURCE,
        Problem(
            "values of large tables",
            f"{'; '.join(said)}: unusual values may be where nobody looked.",
            None,
            Severity.WARNING if none else Severity.NOTE,
        ),
    )


def _named(tables: list[str]) -> str:
    rest = len(tables) - TABLES_NAMED
    return ", ".join(tables[:TABLES_NAMED]) + (f" and {rest} more" if rest > 0 else "")


CHECKS = (
    Check(
        "special-values",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_SOURCE,
        sample,
        _special,
        finds="infinite times, times before Christ or after 9999, NaN, infinite numbers, and"
        " NUMERIC without precision of more than 28 digits",
        matters="DMS turns them into other values, or refuses them",
        remedy="correct them; the finding says how many rows were looked at",
    ),
    Check(
        "large-values",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_SOURCE,
        sample,
        _large,
        finds="values longer than the task's `LobMaxSize`",
        matters="DMS cuts them in silence, or stops if it is told to",
        remedy="a larger `LobMaxSize`; the finding says how many rows were looked at",
    ),
    Check(
        "sampled-values",
        Severity.NOTE,
        BEFORE_LOAD,
        ON_SOURCE,
        sample,
        _extent,
        finds="tables of which only a sample was read, or nothing in time",
        matters="the two checks before this one may have missed values there",
        remedy="`preflight_sample_rows`",
    ),
)
