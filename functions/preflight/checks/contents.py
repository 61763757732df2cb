"""Whether the target is empty before it is loaded.

Source: AWS DMS User Guide, "Full-load task settings": TargetTablePrepMode DO_NOTHING adds to the
rows that are there.
"""

from collections.abc import Iterator, Mapping, Sequence

from functions.preflight.model import (
    BEFORE_LOAD,
    ON_TARGET,
    Check,
    Facts,
    Probe,
    Problem,
    Rows,
    Severity,
    on_target,
)
from functions.preflight.scope import with_relation

_TABLES = with_relation("SELECT name FROM relation WHERE relkind = 'r' ORDER BY name")
# Tables that refer to another; those of other schemas would stop a TRUNCATE too.
_REFERENCES = with_relation(
    """
SELECT t.name, format('%I.%I', n.nspname, c.relname)
  FROM relation t
  JOIN pg_constraint k ON k.confrelid = t.oid AND k.contype = 'f'
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
"""
)
_AT_ONCE = 200


def read(probe: Probe) -> Rows:
    """Return the tables that have a row, each with the tables that refer to it or to those."""
    tables = [row[0] for row in probe.rows(_TABLES)]
    references: dict[str, set[str]] = {}
    for table, referring in probe.rows(_REFERENCES):
        references.setdefault(table, set()).add(referring)
    return [
        (tables[number], *sorted(_closure(tables[number], references)))
        for start in range(0, len(tables), _AT_ONCE)
        for (number,) in probe.rows(_filled(tables, range(start, start + _AT_ONCE)))
    ]


def _filled(tables: Sequence[str], numbers: range) -> str:
    """Return the statement that gives the numbers of those of the tables that have a row."""
    return " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS (SELECT FROM ONLY {tables[number]})"  # noqa: S608  # quoted by the server
        for number in numbers[: len(tables) - numbers.start]
    )


def _closure(table: str, references: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {table}, [table]
    while waiting:
        for each in references.get(waiting.pop(), set()) - found:
            found.add(each)
            waiting.append(each)
    return found


def _not_empty(facts: Facts) -> Iterator[Problem]:
    for table, *truncated in facts.target:
        yield Problem(
            table,
            "It has rows already, which the load would collide with or leave beside those that it"
            " copies; TRUNCATE empties it with the tables that refer to it.",
            f"TRUNCATE {', '.join(truncated)}",
        )


CHECKS = (
    Check(
        "target-not-empty",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_TARGET,
        read,
        on_target(_not_empty),
        finds="tables of the target that have rows",
        matters="the load collides with them, or leaves them beside its own",
        remedy="`TRUNCATE`",
    ),
)
