"""Statements that AWS DMS does not carry over, and who may run them while it replicates.

Owners and superusers can run them whatever is granted. What they do during a migration is found by
the data validation, if they do it before that.

Sources: AWS DMS User Guide, "Limitations on using a PostgreSQL database as a DMS source" (TRUNCATE,
updates of a primary key segment); PostgreSQL manual, "Privileges", REVOKE.
"""

from collections.abc import Sequence

from functions.preflight.model import (
    BEFORE_LOAD,
    BOTH_PHASES,
    ON_SOURCE,
    Check,
    Problem,
    Severity,
    each_row,
    reading,
)
from functions.preflight.scope import with_relation

_MOST_NAMED = 3

_TRUNCATE = with_relation(
    """
SELECT t.name, string_agg(DISTINCT CASE e.grantee WHEN 0 THEN 'PUBLIC'
                                        ELSE quote_ident(pg_get_userbyid(e.grantee)) END, ', ')
  FROM relation t
 CROSS JOIN LATERAL aclexplode(t.relacl) e
  LEFT JOIN pg_roles r ON r.oid = e.grantee
 WHERE t.relkind IN ('r', 'p') AND e.privilege_type = 'TRUNCATE' AND e.grantee <> t.relowner
   AND NOT coalesce(r.rolsuper OR r.rolname = current_user, false)
 GROUP BY 1 ORDER BY 1
"""
)
# Revoking UPDATE on a table revokes it on the columns too, so those without the key are given back.
_KEY_UPDATES = with_relation(
    """
, keyed AS (
    SELECT t.oid, t.name, t.relowner, t.relacl, a.attname, a.attacl
      FROM relation t
      JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey::int2[])
     WHERE t.relkind IN ('r', 'p')
), held AS (
    SELECT k.oid, k.name, e.grantee, bool_or(e.whole) AS whole,
           string_agg(DISTINCT quote_ident(k.attname), ', ') AS key
      FROM keyed k
     CROSS JOIN LATERAL (
           SELECT grantee, privilege_type, true FROM aclexplode(k.relacl)
           UNION ALL
           SELECT grantee, privilege_type, false FROM aclexplode(k.attacl)
           ) AS e (grantee, privilege_type, whole)
     WHERE e.privilege_type = 'UPDATE' AND e.grantee <> k.relowner
     GROUP BY 1, 2, 3
), remedied AS (
    SELECT h.grantee, h.name, h.key, h.whole,
           CASE h.grantee WHEN 0 THEN 'PUBLIC'
                ELSE quote_ident(pg_get_userbyid(h.grantee)) END AS who,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped
               AND NOT EXISTS (SELECT FROM keyed k WHERE k.oid = h.oid
                                                     AND k.attname = a.attname)) AS others
      FROM held h
)
SELECT m.who, array_agg(m.name ORDER BY m.name),
       string_agg(
           CASE WHEN NOT m.whole THEN format('REVOKE UPDATE (%s) ON %s FROM %s CASCADE',
                                             m.key, m.name, m.who)
                ELSE format('REVOKE UPDATE ON %s FROM %s CASCADE', m.name, m.who)
                     || coalesce('; GRANT UPDATE (' || m.others
                                 || format(') ON %s TO %s', m.name, m.who), '')
           END, '; ' ORDER BY m.name)
  FROM remedied m
  LEFT JOIN pg_roles r ON r.oid = m.grantee
 WHERE NOT coalesce(r.rolsuper OR r.rolname = current_user, false)
 GROUP BY 1 ORDER BY 1
"""
)


def _truncate(table: str, grantees: str) -> Problem:
    return Problem(
        table,
        f"{grantees} may TRUNCATE it, which is not replicated: the rows would stay on the other"
        " side.",
        f"REVOKE TRUNCATE ON {table} FROM {grantees} CASCADE",
    )


def _key_updates(role: str, tables: Sequence[str], fix: str) -> Problem:
    named = ", ".join(tables[:_MOST_NAMED])
    if len(tables) > _MOST_NAMED:
        named += f" and {len(tables) - _MOST_NAMED} more"
    return Problem(
        role,
        f"It may change primary keys ({named}), and DMS ignores such an update: the validation"
        " finds those before it, nothing finds those after it.",
        fix,
    )


CHECKS = (
    Check(
        "truncate-privileges",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_SOURCE,
        reading(_TRUNCATE),
        each_row(_truncate),
        finds="roles other than the owner that may TRUNCATE tables",
        matters="it is not replicated, so the rows stay on the other side",
        remedy="`REVOKE TRUNCATE`",
    ),
    Check(
        "key-updates",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(_KEY_UPDATES),
        each_row(_key_updates),
        finds="roles other than the owner that may change primary keys",
        matters="DMS ignores such updates",
        remedy="`GRANT UPDATE` on the other columns only",
    ),
)
