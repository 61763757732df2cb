"""What a cluster knows of a login: its attributes, memberships and settings.

Source: PostgreSQL manual, chapter "System Catalogs": pg_roles, pg_auth_members, pg_db_role_setting
and pg_shdepend. Works from version 11 on, with what version 16 added to memberships.
"""

from dataclasses import dataclass

from functions.runtime.database import Session

_ATTRIBUTES = """
    SELECT rolinherit, rolconnlimit, coalesce(rolvaliduntil::text, 'infinity'),
           rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
      FROM pg_catalog.pg_roles
     WHERE rolname = :login
"""
# A membership is one row a grantor. Its options for inheriting and SET ROLE are columns since 16.
_MEMBERSHIPS = """
    SELECT granted.rolname,
           bool_or(membership.admin_option),
           bool_or((to_jsonb(membership) ->> 'inherit_option')::boolean),
           bool_or((to_jsonb(membership) ->> 'set_option')::boolean)
      FROM pg_catalog.pg_auth_members AS membership
      JOIN pg_catalog.pg_roles AS granted ON granted.oid = membership.roleid
      JOIN pg_catalog.pg_roles AS login ON login.oid = membership.member
     WHERE login.rolname = :login
     GROUP BY 1
"""
_SETTINGS = """
    SELECT databases.datname, setting
      FROM pg_catalog.pg_db_role_setting AS settings
      JOIN pg_catalog.pg_roles AS login ON login.oid = settings.setrole
      LEFT JOIN pg_catalog.pg_database AS databases ON databases.oid = settings.setdatabase
     CROSS JOIN unnest(settings.setconfig) AS setting
     WHERE login.rolname = :login
"""
# Objects that the login owns, that grant something to it, or that have a policy for it, in this
# database and in others, where they have no names that could be read from here.
_BELONGINGS = """
    SELECT CASE WHEN dependency.dbid IN (0, here.oid)
                THEN pg_describe_object(dependency.classid, dependency.objid, dependency.objsubid)
                ELSE 'an object in another database'
           END
      FROM pg_catalog.pg_shdepend AS dependency
      JOIN pg_catalog.pg_roles AS login ON login.oid = dependency.refobjid
      JOIN pg_catalog.pg_database AS here ON here.datname = current_database()
     WHERE dependency.refclassid = 'pg_catalog.pg_authid'::regclass
       AND dependency.deptype IN ('o', 'a', 'r')
       AND login.rolname = :login
     ORDER BY 1
     LIMIT 3
"""


@dataclass(frozen=True)
class Attributes:
    """A login's own attributes. `powerful`: more than an application's login may have."""

    inherits: bool
    connection_limit: int
    valid_until: str
    powerful: bool


@dataclass(frozen=True)
class Membership:
    """A role that a login is a member of; `inherits` and `sets` are None before version 16."""

    group: str
    administers: bool
    inherits: bool | None
    sets: bool | None


@dataclass(frozen=True)
class RoleSetting:
    """A configuration parameter's value for a login, in one database or, with None, in all."""

    database: str | None
    name: str
    value: str


def attributes(session: Session, login: str) -> Attributes | None:
    """Return a role's attributes, None when there is no such role."""
    rows = session.run(_ATTRIBUTES, login=login)
    return Attributes(*rows[0]) if rows else None


def memberships(session: Session, login: str) -> frozenset[Membership]:
    """Return the roles that a login is a member of, directly."""
    return frozenset(Membership(*row) for row in session.run(_MEMBERSHIPS, login=login))


def settings(session: Session, login: str) -> frozenset[RoleSetting]:
    """Return what `ALTER ROLE … SET` has set for a login."""
    found = set()
    for database, setting in session.run(_SETTINGS, login=login):
        name, _, value = setting.partition("=")
        found.add(RoleSetting(database, name, value))
    return frozenset(found)


def belongings(session: Session, login: str) -> list[str]:
    """Return a few of the objects that are a login's own or are granted to it directly."""
    return [str(row[0]) for row in session.run(_BELONGINGS, login=login)]
