"""Who could write past the fence, and whether the migration's own login may do its work.

The fence takes privileges away. It does not bind the tables' owner, who needs none, nor whoever
may act as the owner.

Sources: PostgreSQL manual, "Privileges", "Role Membership", "Predefined Roles", "Rules and
Privileges" (views), CREATE FUNCTION (SECURITY DEFINER); AWS DMS User Guide, "Prerequisites for
using an AWS-managed PostgreSQL database as a DMS source".
"""

from functions.preflight.model import (
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Problem,
    Severity,
    each_row,
    reading,
)
from functions.preflight.scope import with_relation

# A role that is a member of the owner, at however many removes, may act as it. Superusers, the
# login of the migration itself and what RDS brings are let be.
_POWER = """
, power AS (
    SELECT DISTINCT relowner AS oid FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION SELECT oid FROM pg_roles WHERE rolname = 'pg_write_all_data'
)
"""


def _with_power(statement: str) -> str:
    """Return the statement with `power`: roles whom the fence does not bind, and `relation`."""
    return with_relation(_POWER + statement)


_ACTING = _with_power(
    """
SELECT quote_ident(r.rolname), quote_ident(pg_get_userbyid(p.oid)), r.oid = p.oid,
       (SELECT string_agg(
                   format('REVOKE %I FROM %I', pg_get_userbyid(m.roleid), r.rolname)
                   || CASE WHEN current_setting('server_version_num')::int >= 160000
                           THEN format(' GRANTED BY %I', pg_get_userbyid(m.grantor)) ELSE '' END,
                   '; ' ORDER BY m.roleid)
          FROM pg_auth_members m
         WHERE m.member = r.oid AND pg_has_role(m.roleid, p.oid, 'MEMBER'))
  FROM power p
  JOIN pg_roles r ON r.rolcanlogin AND NOT r.rolsuper AND pg_has_role(r.oid, p.oid, 'MEMBER')
 WHERE r.rolname <> current_user
 ORDER BY 1, 2
"""
)
# What is declared STABLE or IMMUTABLE cannot write (manual, "Function Volatility Categories").
_DEFINERS = _with_power(
    """
SELECT format('%I.%I(%s)', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid)),
       quote_ident(pg_get_userbyid(f.proowner)),
       format('ALTER ROUTINE %I.%I(%s) SECURITY INVOKER', n.nspname, f.proname,
              pg_get_function_identity_arguments(f.oid))
  FROM pg_proc f
  JOIN pg_namespace n ON n.oid = f.pronamespace
  JOIN pg_roles r ON r.oid = f.proowner
 WHERE f.prosecdef AND f.provolatile = 'v' AND f.prorettype <> 'event_trigger'::regtype
   AND n.nspname !~ '^(pg_|awsdms_|aurora_migration$)' AND n.nspname <> 'information_schema'
   AND f.proname !~ '^awsdms_'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                                             AND d.objid = f.oid AND d.deptype = 'e')
   AND (r.rolsuper OR EXISTS (SELECT FROM power p WHERE pg_has_role(r.oid, p.oid, 'MEMBER')))
 ORDER BY 1
"""
)
# A view is written with its owner's privileges on the tables, unless it is a security_invoker.
# Views of the schema itself are fenced like its tables.
_VIEWS = _with_power(
    """
SELECT format('%I.%I', n.nspname, v.relname),
       string_agg(DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC'
                                ELSE quote_ident(pg_get_userbyid(g.grantee)) END, ', ')
  FROM pg_class v
  JOIN pg_namespace n ON n.oid = v.relnamespace
  JOIN pg_roles r ON r.oid = v.relowner
 CROSS JOIN LATERAL (
       SELECT * FROM aclexplode(v.relacl)
       UNION ALL
       SELECT e.* FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e
        WHERE a.attrelid = v.oid) AS g
 WHERE v.relkind = 'v' AND n.nspname <> :schema AND g.grantee <> v.relowner
   AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
   AND coalesce(NOT v.reloptions::text ~* 'security_invoker=(true|on|1|yes)', true)
   AND (r.rolsuper OR EXISTS (SELECT FROM power p WHERE pg_has_role(r.oid, p.oid, 'MEMBER')))
   AND EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass
                                                        AND d.objid = w.oid
                 JOIN relation t ON t.oid = d.refobjid
                WHERE w.ev_class = v.oid)
 GROUP BY 1 ORDER BY 1
"""
)
# The fence is put up as the owner, and as whoever handed privileges on. From version 16 on a member
# may be one that neither inherits nor becomes the role.
_OWNERS = with_relation(
    """
, given AS (
    SELECT relowner AS oid FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION SELECT e.grantor FROM relation t CROSS JOIN LATERAL aclexplode(t.relacl) e
    UNION SELECT e.grantor FROM relation t JOIN pg_attribute a ON a.attrelid = t.oid
           CROSS JOIN LATERAL aclexplode(a.attacl) e
), version AS (
    SELECT current_setting('server_version_num')::int >= 160000 AS has_options
)
SELECT quote_ident(r.rolname), quote_ident(current_user),
       format('GRANT %I TO %I', r.rolname, current_user)
           || CASE WHEN has_options THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END
  FROM given JOIN pg_roles r USING (oid) CROSS JOIN version
 WHERE NOT (pg_has_role(r.oid, 'USAGE')
            AND pg_has_role(r.oid, CASE WHEN has_options THEN 'SET' ELSE 'MEMBER' END))
 ORDER BY 1
"""
)
_LOGIN = """
    SELECT quote_ident(current_user), quote_ident(current_database()),
           r.rolsuper OR r.rolreplication
               OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication'
                                                   AND pg_has_role(g.oid, 'USAGE')),
           EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication'),
           has_database_privilege(current_database(), 'CREATE')
      FROM pg_roles r WHERE r.rolname = current_user
"""


def _acting(role: str, power: str, itself: bool, revocations: str | None) -> Problem:
    if itself:
        return Problem(
            role,
            "It owns tables and can log in, and no fence holds an owner back: applications have to"
            " log in as a role that has privileges instead.",
            f"ALTER ROLE {role} NOLOGIN",
        )
    return Problem(
        role,
        f"It can log in and may act as {power}, whom the fence does not bind, so it could write"
        " after the traffic has moved.",
        revocations,
    )


def _definer(function: str, owner: str, fix: str) -> Problem:
    return Problem(
        function,
        f"It runs as {owner}, whom the fence does not bind, so whoever calls it could write after"
        " the traffic has moved; declare it STABLE if it only reads.",
        fix,
    )


def _view(view: str, grantees: str) -> Problem:
    return Problem(
        view,
        f"{grantees} may write tables through it with its owner's privileges, which the fence does"
        " not take away.",
        f"REVOKE INSERT, UPDATE, DELETE ON {view} FROM {grantees}",
    )


def _owner(owner: str, user: str, fix: str) -> Problem:
    return Problem(
        user,
        f"It may not act as {owner}, who owns objects or has handed privileges on, and so can"
        " neither replicate nor fence them.",
        fix,
    )


def _login(
    user: str, database: str, replicates: bool, managed: bool, creates: bool
) -> Problem | None:
    if not replicates:
        grant = f"GRANT rds_replication TO {user}" if managed else None
        return Problem(user, "It may not replicate.", grant or f"ALTER ROLE {user} REPLICATION")
    if not creates:
        return Problem(
            user,
            f"It may create nothing in database {database}, where the migration keeps its state.",
            f"GRANT CREATE ON DATABASE {database} TO {user}",
        )
    return None


CHECKS = (
    Check(
        "acting-as-owner",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_ACTING),
        each_row(_acting),
        finds="roles that can log in and may act as a table's owner, or write all data",
        matters="they write past the fence, and what they write is lost",
        remedy="revoke the membership, or `NOLOGIN`",
    ),
    Check(
        "security-definers",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_DEFINERS),
        each_row(_definer),
        finds="volatile functions that run with the owner's rights",
        matters="whoever calls them writes past the fence",
        remedy="`SECURITY INVOKER`, or `STABLE` if it only reads",
    ),
    Check(
        "writable-views",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_VIEWS),
        each_row(_view),
        finds="views of other schemas through which others write with the owner's rights",
        matters="they write past the fence",
        remedy="revoke, or `security_invoker` (PostgreSQL 15)",
    ),
    Check(
        "login-is-no-owner",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_OWNERS),
        each_row(_owner),
        finds="owners, and whoever handed privileges on, as whom the login may not act",
        matters="it can neither publish nor lock nor fence them",
        remedy="`GRANT owner TO login`",
    ),
    Check(
        "login-privileges",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_LOGIN),
        each_row(_login),
        finds="a login of the migration that may not replicate, or not create a schema",
        matters="nothing can be replicated, or the cutover has no place for its state",
        remedy="`GRANT rds_replication`, `GRANT CREATE ON DATABASE`",
    ),
)
