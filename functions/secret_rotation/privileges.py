"""What a login may do, asked of the server as that login.

Source: PostgreSQL manual, "System Information Functions", access privilege inquiry functions.
"""

from functions.runtime.database import Session
from functions.secret_rotation.errors import LoginUnusableError

_IS_MEMBER = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_roles
         WHERE rolname = :role AND pg_has_role(current_user, oid, 'USAGE'))
"""
# What another login has in a schema and the session's own has not.
_MISSING = """
    WITH relations AS (
        SELECT relation.oid, relation.oid::regclass::text AS label, relation.relkind = 'S' AS counts
          FROM pg_catalog.pg_class AS relation
          JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
         WHERE namespace.nspname = :schema AND relation.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
    SELECT privilege || ' on ' || label
      FROM relations
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
     WHERE NOT counts
       AND has_table_privilege(:login, oid, privilege)
       AND NOT has_table_privilege(current_user, oid, privilege)
    UNION ALL
    SELECT privilege || ' on ' || label
      FROM relations
     CROSS JOIN unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS privilege
     WHERE counts
       AND has_sequence_privilege(:login, oid, privilege)
       AND NOT has_sequence_privilege(current_user, oid, privilege)
    UNION ALL
    SELECT 'USAGE on schema ' || nspname
      FROM pg_catalog.pg_namespace
     WHERE nspname = :schema
       AND has_schema_privilege(:login, oid, 'USAGE')
       AND NOT has_schema_privilege(current_user, oid, 'USAGE')
     ORDER BY 1
     LIMIT 3
"""
_CAN_WORK = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class AS relation
          JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
         WHERE namespace.nspname = :schema
           AND relation.relkind IN ('r', 'p')
           AND has_schema_privilege(current_user, namespace.oid, 'USAGE')
           AND has_table_privilege(current_user, relation.oid, 'SELECT')
           AND has_table_privilege(current_user, relation.oid, 'INSERT'))
"""
_CREATES_ROLES = "SELECT rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user"
# Owners of the schema and of what is in it that the session's login is no member of.
_FOREIGN_OWNERS = """
    SELECT DISTINCT pg_get_userbyid(owner)
      FROM (SELECT nspowner AS owner
              FROM pg_catalog.pg_namespace WHERE nspname = :schema
             UNION ALL
            SELECT relation.relowner
              FROM pg_catalog.pg_class AS relation
              JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
             WHERE namespace.nspname = :schema) AS owners
     WHERE NOT pg_has_role(current_user, owner, 'MEMBER')
     ORDER BY 1
     LIMIT 3
"""


def require_membership(session: Session, role: str, label: str) -> None:
    """Check that the session's login has a role's privileges. Raises LoginUnusableError."""
    if not session.run(_IS_MEMBER, role=role)[0][0]:
        raise LoginUnusableError(f"{label} does not have the privileges of {role}")


def require_equal(session: Session, login: str, schema: str, label: str) -> None:
    """Check that the session's login may do in a schema whatever another login may.

    Raises LoginUnusableError that names some of what is missing.
    """
    missing = [str(row[0]) for row in session.run(_MISSING, login=login, schema=schema)]
    if missing:
        raise LoginUnusableError(f"{label} lacks what {login} has: {', '.join(missing)}")


def require_work(session: Session, schema: str, label: str) -> None:
    """Check that the session's login may read and write. Raises LoginUnusableError."""
    if not session.run(_CAN_WORK, schema=schema)[0][0]:
        raise LoginUnusableError(
            f"{label} may write to no table of {schema}, though the route leads there (during a"
            " cutover that is so for a moment)"
        )


def require_mastery(session: Session, schema: str, label: str) -> None:
    """Check that the session's login may manage roles, and act as the owners of a schema.

    Raises LoginUnusableError. A schema that is not there yet has no owners to act as.
    """
    if not session.run(_CREATES_ROLES)[0][0]:
        raise LoginUnusableError(f"{label} does not have CREATEROLE")
    owners = [str(row[0]) for row in session.run(_FOREIGN_OWNERS, schema=schema)]
    if owners:
        raise LoginUnusableError(f"{label} is no member of the owner {', '.join(owners)}")
