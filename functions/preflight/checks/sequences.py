"""Sequences that have not enough numbers left for the cutover's margin.

Sources: PostgreSQL manual, "pg_sequence", CREATE SEQUENCE, "Sequence Manipulation Functions".
"""

from collections.abc import Iterator
from decimal import Decimal

from functions.preflight.model import (
    BOTH_PHASES,
    ON_SOURCE,
    Check,
    Facts,
    Problem,
    Severity,
    reading,
)
from functions.preflight.scope import with_relation
from functions.runtime.route import Side

NEARLY_USED = Decimal("0.9")

# The column is the one that owns the sequence, or has it as an identity: its type is a bound too.
_SEQUENCES = with_relation(
    """
SELECT t.name, coalesce(pg_sequence_last_value(t.oid), q.seqstart - q.seqincrement)::numeric,
       q.seqincrement::numeric, q.seqmin::numeric, q.seqmax::numeric, q.seqcycle,
       format_type(q.seqtypid, NULL), owner.name, owner.column_name, owner.type
  FROM relation t
  JOIN pg_sequence q ON q.seqrelid = t.oid
  LEFT JOIN LATERAL (
       SELECT r.name, quote_ident(a.attname) AS column_name, format_type(a.atttypid, NULL) AS type
         FROM pg_depend d
         JOIN relation r ON r.oid = d.refobjid
         JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.objsubid = 0
          AND d.deptype IN ('a', 'i')) AS owner ON true
 ORDER BY 1
"""
)
_GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def _exhausted(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    margin = facts.situation.thresholds.sequence_margin
    for name, last, increment, lowest, highest, cycles, data_type, *owner in facts.source:
        table, column, column_type = owner
        bound = _GREATEST.get(column_type, _GREATEST["bigint"])
        start, end = (lowest, min(highest, bound)) if increment > 0 else (highest, lowest)
        left = (end - last) // increment
        used = (last - start) / (end - start) if end != start else Decimal(1)
        if cycles or (left > margin and used < NEARLY_USED):
            continue
        yield (
            Side.SOURCE,
            Problem(
                name,
                f"{max(left, 0):,} numbers are left of it, of which the cutover skips {margin:,}:"
                " then inserts fail.",
                _widened(name, increment, data_type, table, column, column_type),
                Severity.BLOCKING if left <= margin else Severity.WARNING,
            ),
        )


def _widened(
    name: str,
    increment: Decimal,
    data_type: str,
    table: str | None,
    column: str | None,
    column_type: str | None,
) -> str:
    """Return what makes room: the sequence and its column as bigint, without a bound of its own."""
    unbounded = "NO MAXVALUE" if increment > 0 else "NO MINVALUE"
    statements = [f"ALTER SEQUENCE {name} AS bigint {unbounded}"]
    if table is not None and column_type in ("smallint", "integer"):
        statements.append(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint")
    return "; ".join(statements)


CHECKS = (
    Check(
        "sequences",
        Severity.WARNING,
        BOTH_PHASES,
        ON_SOURCE,
        reading(_SEQUENCES),
        _exhausted,
        finds="sequences nine tenths used; with less left than `sequence_margin` it is blocking",
        matters="after the cutover inserts fail",
        remedy="widen the sequence, and its column",
    ),
)
