"""Objects of the source that the target lacks, one check a kind.

Indexes, triggers and the like may be left out of the target until the load is done (they slow it
down, or fire), so they are missed before the cutover only.
"""

from collections.abc import Iterator

from functions.preflight import catalogue
from functions.preflight.catalogue import STATEMENTS, Described
from functions.preflight.model import (
    BEFORE_CUTOVER,
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Facts,
    Judge,
    Phase,
    Probe,
    Problem,
    Read,
    Rows,
    Severity,
    on_target,
    reading,
)
from functions.preflight.scope import with_relation

_KEYS = with_relation(
    """
SELECT t.name,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
          FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
         WHERE k.place <= x.indnkeyatts),
       quote_ident(k.conname)
  FROM relation t
  LEFT JOIN pg_index x ON x.indrelid = t.oid AND x.indisprimary
  LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = t.oid
                           AND k.contype = 'p'
 WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition
 ORDER BY 1
"""
)
_STATES = with_relation(
    """
SELECT t.name, quote_ident(g.tgname), g.tgenabled::text
  FROM relation t
  JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
 WHERE t.relkind IN ('r', 'p') AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'
 ORDER BY 1, 2
"""
)
_ROW_SECURITY = with_relation(
    """
SELECT name, relrowsecurity, relforcerowsecurity FROM relation WHERE relkind IN ('r', 'p')
 ORDER BY 1
"""
)
_STATE_WORDS = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


_CONTAINERS = (catalogue.TABLE, catalogue.VIEW)


def _reading(kind: str) -> Read:
    """Return a reader of a kind of object, and of what such objects are on."""

    def read(probe: Probe) -> Rows:
        return [
            (Described.of(each, row),)
            for each in dict.fromkeys((*_CONTAINERS, kind))
            for row in probe.rows(STATEMENTS[each])
        ]

    return read


def _missing(kind: str, matters: str) -> Judge:
    """Return a judge of the objects of a kind that are missing, though what they are on is not."""

    def judge(facts: Facts) -> Iterator[Problem]:
        target = described(facts.target)
        there = {each.name for each in target if each.kind == kind}
        containers = {each.name for each in target if each.kind in _CONTAINERS}
        for found in described(facts.source):
            missing = found.kind == kind and found.name not in there
            if missing and (found.within is None or found.within in containers):
                yield Problem(found.name, f"The target has no such {kind}: {matters}.", found.fix)

    return on_target(judge)


def described(rows: Rows) -> tuple[Described, ...]:
    """Return the objects that rows hold."""
    return tuple(row[0] for row in rows)


def _primary_keys(facts: Facts) -> Iterator[Problem]:
    target = {table: (columns, constraint) for table, columns, constraint in facts.target}
    for table, columns, _ in facts.source:
        if table not in target or columns is None or target[table][0] == columns:
            continue
        theirs, constraint = target[table]
        dropped = f"DROP CONSTRAINT {constraint}, " if theirs is not None else ""
        yield Problem(
            table,
            f"Its primary key is ({columns}) on the source and ({theirs or 'none'}) on the target,"
            " so DMS's updates and deletes hit other rows or none.",
            f"ALTER TABLE {table} {dropped}ADD PRIMARY KEY ({columns})",
        )


def _trigger_states(facts: Facts) -> Iterator[Problem]:
    target = {(table, name): state for table, name, state in facts.target}
    for table, name, state in facts.source:
        there = target.get((table, name), state)
        if there != state:
            yield Problem(
                f"{name} on {table}",
                "The trigger does not fire on the target as it does on the source, so the"
                " application's writes have other effects there.",
                f"ALTER TABLE {table} {_STATE_WORDS[state]} TRIGGER {name}",
            )


def _row_security(facts: Facts) -> Iterator[Problem]:
    target = {table: (enabled, forced) for table, enabled, forced in facts.target}
    for table, enabled, forced in facts.source:
        there = target.get(table, (enabled, forced))
        if there != (enabled, forced):
            first = f"{'ENABLE' if enabled else 'DISABLE'} ROW LEVEL SECURITY"
            second = f"{'' if forced else 'NO '}FORCE ROW LEVEL SECURITY"
            yield Problem(
                table,
                "Row security is not the same on the target, so roles see other rows there.",
                f"ALTER TABLE {table} {first}, {second}",
            )


def _check_of(
    kind: str, severity: Severity, phases: frozenset[Phase], matters: str, *, name: str = ""
) -> Check:
    plural = name or f"{kind}s"
    return Check(
        f"missing-{plural}",
        severity,
        phases,
        ON_BOTH,
        _reading(kind),
        _missing(kind, matters),
        finds=f"{plural} of the source that the target lacks",
        matters=matters,
        remedy="the statement that creates it, as its owner",
    )


CHECKS = (
    _check_of(
        catalogue.TYPE, Severity.BLOCKING, BOTH_PHASES, "columns of that type cannot be created"
    ),
    _check_of(
        catalogue.SEQUENCE, Severity.BLOCKING, BOTH_PHASES, "the cutover could not advance it"
    ),
    _check_of(catalogue.TABLE, Severity.BLOCKING, BOTH_PHASES, "its rows would have nowhere to go"),
    _check_of(
        catalogue.COLUMN, Severity.BLOCKING, BOTH_PHASES, "its values would have nowhere to go"
    ),
    Check(
        "primary-keys-differ",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_KEYS),
        on_target(_primary_keys),
        finds="tables whose primary key is another on the target, or not there",
        matters="changes hit other rows, or none",
        remedy="the source's primary key",
    ),
    _check_of(
        catalogue.CONSTRAINT,
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        "what the source refuses would be written there",
    ),
    _check_of(
        catalogue.INDEX,
        Severity.WARNING,
        BEFORE_CUTOVER,
        "queries are slow, or duplicates are let in",
        name="indexes",
    ),
    _check_of(catalogue.ROUTINE, Severity.BLOCKING, BEFORE_CUTOVER, "the application may call it"),
    _check_of(catalogue.VIEW, Severity.BLOCKING, BEFORE_CUTOVER, "the application may read it"),
    _check_of(
        catalogue.TRIGGER,
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        "writes would not have the effects that they have on the source",
    ),
    _check_of(
        catalogue.POLICY,
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        "roles would see rows that are hidden from them, or too few",
        name="policies",
    ),
    _check_of(
        catalogue.RULE,
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        "statements would not be rewritten as they are on the source",
    ),
    Check(
        "trigger-states",
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        ON_BOTH,
        reading(_STATES),
        on_target(_trigger_states),
        finds="triggers that are enabled in another way on the target",
        matters="the application's writes have other effects there",
        remedy="`ENABLE TRIGGER`",
    ),
    Check(
        "row-security-differs",
        Severity.BLOCKING,
        BEFORE_CUTOVER,
        ON_BOTH,
        reading(_ROW_SECURITY),
        on_target(_row_security),
        finds="tables with row security on one side only",
        matters="roles see other rows",
        remedy="`ENABLE ROW LEVEL SECURITY`",
    ),
)
