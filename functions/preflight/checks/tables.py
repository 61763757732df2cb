"""Tables and what hangs on them that replication does not carry, or that changes what it carries.

Sources: AWS DMS User Guide, "Limitations on using a PostgreSQL database as a DMS source" and
"Using a PostgreSQL database as a target" (AfterConnectScript, foreign keys); PostgreSQL manual,
CREATE TABLE (UNLOGGED), "Row Security Policies", ALTER TABLE (triggers and rules).
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BEFORE_LOAD,
    BOTH_PHASES,
    ON_BOTH,
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

_UNLOGGED = with_relation(
    "SELECT name FROM relation WHERE relkind = 'r' AND relpersistence = 'u' ORDER BY name"
)
_FOREIGN = with_relation("SELECT name FROM relation WHERE relkind = 'f' ORDER BY name")
_LARGE_OBJECTS = """
    SELECT count(*)::int FROM (SELECT FROM pg_largeobject_metadata LIMIT 1000) AS found
"""
_INHERITANCE = with_relation(
    """
SELECT t.name, format('%I.%I', n.nspname, c.relname)
  FROM relation t
  JOIN pg_inherits h ON h.inhrelid = t.oid
  JOIN pg_class c ON c.oid = h.inhparent
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE t.relkind IN ('r', 'f') AND NOT t.relispartition
 ORDER BY 1
"""
)
_PARTITIONED = with_relation(
    """
SELECT t.name, (SELECT count(*) FROM pg_partition_tree(t.oid) p WHERE p.isleaf)::int
  FROM relation t WHERE t.relkind = 'p' AND NOT t.relispartition ORDER BY 1
"""
)
# A partition's copy of its parent's trigger follows it; tgparentid exists from version 13 on.
_TRIGGERS = with_relation(
    """
SELECT t.name, quote_ident(g.tgname), g.tgenabled::text
  FROM relation t
  JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
 WHERE t.relkind IN ('r', 'p') AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'
 ORDER BY 1, 2
"""
)
_RULES = with_relation(
    """
SELECT t.name, quote_ident(r.rulename), r.ev_enabled::text
  FROM relation t
  JOIN pg_rewrite r ON r.ev_class = t.oid AND r.rulename <> '_RETURN'
 WHERE t.relkind IN ('r', 'p')
 ORDER BY 1, 2
"""
)
_ROW_SECURITY = with_relation(
    """
SELECT t.name, quote_ident(pg_get_userbyid(t.relowner)), quote_ident(current_user),
       pg_has_role(t.relowner, 'USAGE')
  FROM relation t
 WHERE t.relkind IN ('r', 'p') AND row_security_active(t.oid)
 ORDER BY 1
"""
)
_EVENT_TRIGGERS = """
    SELECT quote_ident(evtname), evtevent, quote_ident(pg_get_userbyid(evtowner))
      FROM pg_event_trigger e
     WHERE evtenabled <> 'D' AND evtname !~ '^awsdms_'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass
                                                 AND d.objid = e.oid AND d.deptype = 'e')
     ORDER BY 1
"""
_SIZES = with_relation(
    """
SELECT count(*)::int, coalesce(sum(pg_total_relation_size(oid)), 0)::bigint,
       coalesce(sum(greatest(reltuples, 0)), 0)::bigint
  FROM relation WHERE relkind = 'r'
"""
)
_GIBIBYTE = 2**30


def _unlogged(table: str) -> Problem:
    return Problem(
        table,
        "It is unlogged: its changes are never replicated, and a crash empties it.",
        f"ALTER TABLE {table} SET LOGGED",
    )


def _foreign(table: str) -> Problem:
    return Problem(table, "It is a foreign table: its rows are elsewhere and are not migrated.")


def _large_objects(count: int) -> Problem | None:
    if count == 0:
        return None
    number = "1,000 or more" if count == 1000 else str(count)
    return Problem(
        "large objects",
        f"The database has {number} large objects, which no replication carries: move them into"
        " bytea columns, or drop those that nothing refers to with lo_unlink.",
    )


def _inheritance(child: str, parent: str) -> Problem:
    return Problem(
        child,
        f"It inherits from {parent}, and DMS copies its rows into both tables on the target;"
        " queries of the parent no longer see them once it does not inherit.",
        f"ALTER TABLE {child} NO INHERIT {parent}",
    )


def _partitioned(table: str, leaves: int) -> Problem:
    return Problem(
        table,
        f"DMS takes it and its {leaves} partitions for tables of their own, and copies a row twice"
        " where the table mappings select both: select one of the two.",
    )


def _fires(state: str, replica_role: bool) -> bool:
    return state in ("A", "R") if replica_role else state in ("A", "O")


def _switched_off(kind: str, table: str, name: str, state: str, replica_role: bool) -> str:
    """Return what keeps it from firing for DMS; an ordinary one is enough in the replica role."""
    word = "ENABLE" if replica_role and state in ("A", "R") else "DISABLE"
    return f"ALTER TABLE {table} {word} {kind} {name}"


def _triggers(facts: Facts) -> Iterator[Problem]:
    replica_role = facts.situation.task.replica_role
    for table, name, state in facts.target:
        if _fires(state, replica_role):
            yield Problem(
                f"{name} on {table}",
                "The trigger fires again for rows that DMS writes, whose effects are replicated"
                " too; AfterConnectScript with session_replication_role = replica holds ordinary"
                " triggers back, disabled ones have to be enabled at the cutover.",
                _switched_off("TRIGGER", table, name, state, replica_role),
            )


def _rules(facts: Facts) -> Iterator[Problem]:
    replica_role = facts.situation.task.replica_role
    for table, name, state in facts.target:
        if _fires(state, replica_role):
            yield Problem(
                f"{name} on {table}",
                "The rule rewrites what DMS writes, so the target's rows become others.",
                _switched_off("RULE", table, name, state, replica_role),
            )


def _row_security(table: str, owner: str, user: str, member: bool) -> Problem:
    fix = f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" if member else None
    return Problem(
        table,
        f"Row security applies to {user}, so rows that its policies hide are neither copied nor"
        f" compared: do not force it on the owner, and be a member of {owner}.",
        fix or f"GRANT {owner} TO {user}",
    )


def _event_trigger(name: str, event: str, owner: str) -> Problem:
    return Problem(
        name,
        f"The event trigger of {owner} runs at every {event}, also when the fence revokes and"
        " grants privileges, and can make it fail or wait.",
        f"ALTER EVENT TRIGGER {name} DISABLE",
    )


def _size(tables: int, size: int, rows: int) -> Problem:
    return Problem(
        "all tables",
        f"{tables} tables with about {rows:,} rows take {size / _GIBIBYTE:.2f} GiB with their"
        " indexes, which the target needs again, and more while WAL is kept during the load.",
    )


CHECKS = (
    Check(
        "unlogged-tables",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_UNLOGGED),
        each_row(_unlogged),
        finds="unlogged tables",
        matters="their changes are not in the WAL, so they are not replicated",
        remedy="`SET LOGGED`",
    ),
    Check(
        "foreign-tables",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_FOREIGN),
        each_row(_foreign),
        finds="foreign tables",
        matters="their rows are elsewhere and are not migrated",
        remedy="create it on the target, with its server",
    ),
    Check(
        "large-objects",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_SOURCE,
        reading(_LARGE_OBJECTS),
        each_row(_large_objects),
        finds="large objects",
        matters="no replication carries them",
        remedy="move them into `bytea`, or `lo_unlink`",
    ),
    Check(
        "inheritance",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_INHERITANCE),
        each_row(_inheritance),
        finds="tables that inherit from others",
        matters="DMS copies their rows into the parent too",
        remedy="`NO INHERIT`",
    ),
    Check(
        "partitioned-tables",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_PARTITIONED),
        each_row(_partitioned),
        finds="partitioned tables",
        matters="DMS copies rows twice if it is to copy root and partitions",
        remedy="table mappings that select one of the two",
    ),
    Check(
        "target-triggers",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_TARGET,
        reading(_TRIGGERS),
        on_target(_triggers),
        finds="triggers on the target that fire for replicated rows",
        matters="their effects happen twice",
        remedy="`AfterConnectScript` with the replica role, or disable them until the cutover",
    ),
    Check(
        "target-rules",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_TARGET,
        reading(_RULES),
        on_target(_rules),
        finds="rules on the target that rewrite replicated statements",
        matters="other rows are written than the source has",
        remedy="disable them until the cutover",
    ),
    Check(
        "row-security",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_ROW_SECURITY),
        each_row(_row_security),
        finds="row security that applies to the migration's own login",
        matters="hidden rows are neither copied nor compared",
        remedy="`NO FORCE ROW LEVEL SECURITY`, membership in the owner",
    ),
    Check(
        "event-triggers",
        Severity.WARNING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_EVENT_TRIGGERS),
        each_row(_event_trigger),
        finds="event triggers",
        matters="they run within the fence, which revokes and grants",
        remedy="disable them until the cutover, as their owner",
    ),
    Check(
        "size",
        Severity.NOTE,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_SIZES),
        each_row(_size),
        finds="how much there is to copy",
        matters="the target and the replication instance need room for it",
        remedy="none needed",
    ),
)
