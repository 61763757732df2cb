"""Constraints that behave otherwise when changes are applied one by one.

Sources: AWS DMS User Guide, "Limitations on using a PostgreSQL database as a DMS source" (deferred
constraints) and "Using a PostgreSQL database as a target" (foreign keys during a full load).
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BEFORE_LOAD,
    ON_SOURCE,
    ON_TARGET,
    Check,
    Facts,
    Problem,
    Severity,
    each_row,
    on_target,
    reading,
)
from functions.preflight.scope import with_relation

_CONSTRAINTS = with_relation(
    """
SELECT t.name, quote_ident(k.conname), k.contype::text, k.condeferrable,
       regexp_replace(pg_get_constraintdef(k.oid), ' DEFERRABLE( INITIALLY DEFERRED)?', '')
  FROM relation t
  JOIN pg_constraint k ON k.conrelid = t.oid
 WHERE t.relkind IN ('r', 'p') AND k.conparentid = 0
   AND (k.condeferrable AND k.contype IN ('p', 'u', 'x', 'f') OR k.contype IN ('x', 'f'))
 ORDER BY 1, 2
"""
)


def _deferrable(
    table: str, name: str, kind: str, deferrable: bool, definition: str
) -> Problem | None:
    if not deferrable:
        return None
    label = f"{name} on {table}"
    if kind == "f":
        return Problem(
            label,
            "DMS does not support deferred constraints: a transaction that breaks the key for a"
            " moment fails on the target.",
            f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE",
        )
    anew = f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition}"
    if kind == "p":
        return Problem(
            label,
            "A deferrable primary key identifies no rows for replication, so updates and deletes"
            " are refused or lost; the key is built anew, under a lock.",
            anew,
            Severity.BLOCKING,
        )
    return Problem(
        label,
        "DMS does not support deferred constraints: values that are swapped within a transaction"
        " collide on the target; the constraint is built anew, under a lock.",
        anew,
    )


def _exclusion(
    table: str, name: str, kind: str, _deferrable: bool, _definition: str
) -> Problem | None:
    if kind != "x":
        return None
    return Problem(
        f"{name} on {table}",
        "The target checks the exclusion constraint for every row that it is sent, which makes the"
        " load slow.",
    )


def _foreign_keys(facts: Facts) -> Iterator[Problem]:
    if facts.situation.task.replica_role:
        return
    for table, name, kind, *_ in facts.target:
        if kind == "f":
            yield Problem(
                f"{name} on {table}",
                "DMS loads tables side by side, so rows come before those that they refer to and"
                " are refused: set session_replication_role = replica in AfterConnectScript of the"
                " target's endpoint, or add the key again before the cutover.",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )


CHECKS = (
    Check(
        "deferrable-constraints",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_CONSTRAINTS),
        each_row(_deferrable),
        finds="deferrable constraints; a deferrable primary key is blocking",
        matters="DMS does not support them, and such a key identifies no rows",
        remedy="`NOT DEFERRABLE`, or build it anew",
    ),
    Check(
        "exclusion-constraints",
        Severity.NOTE,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_CONSTRAINTS),
        each_row(_exclusion),
        finds="exclusion constraints",
        matters="they slow the load down",
        remedy="none needed",
    ),
    Check(
        "target-foreign-keys",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_TARGET,
        reading(_CONSTRAINTS),
        on_target(_foreign_keys),
        finds="foreign keys that are enforced while the target is loaded",
        matters="tables are loaded side by side, so the load fails; TRUNCATE is refused too",
        remedy="`AfterConnectScript` with the replica role, or drop them until the cutover",
    ),
)
