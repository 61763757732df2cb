"""Roles and privileges that the application has on the source and would miss on the target.

Privileges on tables and sequences are not among them: the cutover itself takes them from one side
and gives them to the other.

Sources: PostgreSQL manual, "Database Roles", "Privileges", ALTER ROLE … SET, "pg_db_role_setting".
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Facts,
    Problem,
    Severity,
    on_target,
    reading,
)
from functions.preflight.scope import with_relation

# Owners and grantees, and whoever is a member of one of them at however many removes.
_CONCERNED = """
, plain AS (
    SELECT r.* FROM pg_roles r
     WHERE r.rolname <> current_user AND NOT r.rolsuper AND r.rolname !~ '^(pg_|rds)'
), named AS (
    SELECT relowner AS oid FROM relation
    UNION SELECT e.grantee FROM relation t CROSS JOIN LATERAL aclexplode(t.relacl) e
    UNION SELECT e.grantee FROM relation t JOIN pg_attribute a ON a.attrelid = t.oid
           CROSS JOIN LATERAL aclexplode(a.attacl) e
    UNION SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = :schema
    UNION SELECT e.grantee FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) e
           WHERE n.nspname = :schema
    UNION SELECT e.grantee FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           CROSS JOIN LATERAL aclexplode(p.proacl) e WHERE n.nspname = :schema
), concerned AS (
    SELECT r.* FROM plain r
     WHERE EXISTS (SELECT FROM named WHERE named.oid <> 0
                                       AND pg_has_role(r.oid, named.oid, 'MEMBER'))
)
"""


def _with_concerned(statement: str) -> str:
    """Return the statement with `concerned`: roles that have to do with the schema."""
    return with_relation(_CONCERNED + statement)


_ROLES = _with_concerned(
    """
SELECT quote_ident(r.rolname), r.rolcanlogin, EXISTS (SELECT FROM concerned c WHERE c.oid = r.oid)
  FROM pg_roles r ORDER BY 1
"""
)
_MEMBERSHIPS = _with_concerned(
    """
SELECT DISTINCT quote_ident(r.rolname), quote_ident(c.rolname),
       EXISTS (SELECT FROM plain WHERE plain.oid = r.oid)
           AND EXISTS (SELECT FROM concerned WHERE concerned.oid = c.oid)
  FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.roleid
  JOIN pg_roles c ON c.oid = m.member
 ORDER BY 1, 2
"""
)
# Lists of names are stored as they have to be written; everything else is one text.
_SETTINGS = _with_concerned(
    """
SELECT coalesce(quote_ident(r.rolname), ''), coalesce(quote_ident(d.datname), ''),
       quote_ident(part.name), part.value,
       CASE WHEN part.name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries',
                               'session_preload_libraries') THEN part.value
            ELSE quote_literal(part.value) END,
       s.setrole = 0 OR EXISTS (SELECT FROM concerned c WHERE c.oid = s.setrole)
  FROM pg_db_role_setting s
 CROSS JOIN LATERAL unnest(s.setconfig) AS entry
 CROSS JOIN LATERAL (SELECT split_part(entry, '=', 1),
                            substr(entry, strpos(entry, '=') + 1)) AS part (name, value)
  LEFT JOIN pg_roles r ON r.oid = s.setrole
  LEFT JOIN pg_database d ON d.oid = s.setdatabase
 WHERE s.setdatabase = 0 OR d.datname = current_database()
 ORDER BY 1, 2, 3
"""
)
# What PUBLIC may do by default is written out, so that a revocation shows too.
_PRIVILEGES = """
    WITH object AS (
        SELECT format('SCHEMA %I', n.nspname) AS name, n.nspowner AS owner,
               coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
          FROM pg_namespace n WHERE n.nspname = :schema
        UNION ALL
        SELECT format('ROUTINE %I.%I(%s)', n.nspname, p.proname,
                      pg_get_function_identity_arguments(p.oid)),
               p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = :schema AND p.proname !~ '^awsdms_'
        UNION ALL
        SELECT format('TYPE %I.%I', n.nspname, y.typname), y.typowner,
               coalesce(y.typacl, acldefault('T', y.typowner))
          FROM pg_type y
          JOIN pg_namespace n ON n.oid = y.typnamespace
          LEFT JOIN pg_class c ON c.oid = y.typrelid
         WHERE n.nspname = :schema AND (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
    )
    SELECT o.name, e.privilege_type,
           CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END,
           coalesce(r.rolsuper OR r.rolname = current_user, false), e.grantee = o.owner
      FROM object o
     CROSS JOIN LATERAL aclexplode(o.acl) e
      LEFT JOIN pg_roles r ON r.oid = e.grantee
     ORDER BY 1, 2, 3
"""


def _roles(facts: Facts) -> Iterator[Problem]:
    target = {role: can_log_in for role, can_log_in, _ in facts.target}
    for role, can_log_in, concerned in facts.source:
        if not concerned:
            continue
        if role not in target:
            word = "LOGIN" if can_log_in else "NOLOGIN"
            password = "; give it the password of its secret" if can_log_in else ""
            yield Problem(
                role,
                f"The target has no such role, so its privileges cannot move{password}.",
                f"CREATE ROLE {role} {word}",
            )
        elif can_log_in and not target[role]:
            yield Problem(
                role,
                "It cannot log in to the target, as it can to the source.",
                f"ALTER ROLE {role} LOGIN",
            )


def _memberships(facts: Facts) -> Iterator[Problem]:
    there = {(group, member) for group, member, _ in facts.target}
    for group, member, concerned in facts.source:
        if concerned and (group, member) not in there:
            yield Problem(
                member,
                f"It is no member of {group} on the target, so it has not the privileges that it"
                " has on the source.",
                f"GRANT {group} TO {member}",
            )


def _settings(facts: Facts) -> Iterator[Problem]:
    there = {tuple(row[:3]): row[3] for row in facts.target}
    for role, database, name, value, written, concerned in facts.source:
        if not concerned or there.get((role, database, name)) == value:
            continue
        subject = f"DATABASE {database}"
        if role:
            subject = f"ROLE {role}" + (f" IN DATABASE {database}" if database else "")
        yield Problem(
            f"{name} of {subject}",
            f"It is set to {value} on the source and otherwise on the target, so the application's"
            " statements may mean something else there.",
            f"ALTER {subject} SET {name} = {written}",
        )


def _privileges(facts: Facts) -> Iterator[Problem]:
    there = {tuple(row[:3]) for row in facts.target}
    objects = {row[0] for row in facts.target}
    for name, privilege, grantee, privileged, owner in facts.source:
        if privileged or owner or name not in objects or (name, privilege, grantee) in there:
            continue
        yield Problem(
            name,
            f"{grantee} has not the privilege {privilege} on the target, so the application is"
            " refused there after the cutover.",
            f"GRANT {privilege} ON {name} TO {grantee}",
        )


CHECKS = (
    Check(
        "missing-roles",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_ROLES),
        on_target(_roles),
        finds="roles with anything to do with the schema that the target lacks",
        matters="their privileges cannot be given to them at the cutover",
        remedy="`CREATE ROLE`",
    ),
    Check(
        "missing-memberships",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_MEMBERSHIPS),
        on_target(_memberships),
        finds="memberships of those roles that the target lacks",
        matters="they have no privileges after the cutover",
        remedy="`GRANT group TO member`",
    ),
    Check(
        "role-settings",
        Severity.WARNING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_SETTINGS),
        on_target(_settings),
        finds="settings of roles and of the database that are others on the target",
        matters="a search path or a time zone changes what statements mean",
        remedy="`ALTER ROLE … SET`",
    ),
    Check(
        "missing-privileges",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_PRIVILEGES),
        on_target(_privileges),
        finds="privileges on the schema, its functions and types that are missing on the target",
        matters="the application is refused after the cutover",
        remedy="`GRANT`",
    ),
)
