"""Ways past the fence, and privileges that could not be given back: both are refused beforehand.

Whoever acts as the owner of a table writes to it whatever is revoked, and so does a member of
pg_write_all_data. PostgreSQL manual: "Role Membership", "Predefined Roles", "CREATE VIEW" (a
view's owner is the one whose privileges on its tables count).
"""

from collections.abc import Sequence

from pg8000.native import literal

from functions.cutover.catalogue import Catalogue
from functions.cutover.errors import UnusableInputError
from functions.cutover.privileges import Privilege
from functions.cutover.session import Session
from functions.runtime.route import Side

_ACT_AS_OWNERS = """
SELECT r.rolname::text, string_agg(o.rolname::text, ', ' ORDER BY o.rolname)
  FROM pg_roles r JOIN pg_roles o
    ON (o.rolname = ANY ({owners}::text[]) OR o.rolname = 'pg_write_all_data')
   AND pg_has_role(r.oid, o.oid, 'MEMBER')
 WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> session_user
 GROUP BY r.rolname ORDER BY r.rolname
"""
_NOT_ASSUMABLE = """
SELECT rolname::text FROM pg_roles
 WHERE rolname = ANY ({roles}::text[])
   AND NOT pg_has_role(session_user, oid,
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
 ORDER BY rolname
"""
_MISSING = """
SELECT wanted FROM unnest({roles}::text[]) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) ORDER BY wanted
"""
_WITH_USAGE = """
SELECT wanted FROM unnest({roles}::text[]) AS wanted
 WHERE has_schema_privilege(wanted, {schema}, 'USAGE')
"""
# Rules of a view name the relations that they write to or read from in pg_depend.
_VIEWS_ELSEWHERE = """
SELECT DISTINCT v.oid::regclass::text
  FROM pg_class t
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
   AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
  CROSS JOIN LATERAL (
        SELECT aclexplode(v.relacl) AS item
        UNION ALL SELECT aclexplode(a.attacl) FROM pg_attribute a WHERE a.attrelid = v.oid
       ) AS acl
 WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {schema})
   AND v.relnamespace <> t.relnamespace AND v.relkind = 'v'
   AND pg_has_role(v.relowner, t.relowner, 'USAGE')
   AND (acl.item).grantee <> v.relowner
   AND (acl.item).privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
 ORDER BY 1
"""


def require_none(
    session: Session, side: Side, catalogue: Catalogue, privileges: Sequence[Privilege]
) -> None:
    """Raise UnusableInputError if somebody could write past the fence on this side, or if the
    session's own login cannot take these privileges and give them back. Raises DatabaseError.
    """
    owners = {relation.owner for relation in catalogue.relations.values()}
    givers = owners | {each.grantor for each in privileges if each.grantor is not None}
    own = session.run("SELECT session_user::text")[0][0]
    problems = [
        f"{own} cannot become {role}, which owns objects or has handed privileges on:"
        f" GRANT {role} TO {own}"
        for (role,) in session.run(_NOT_ASSUMABLE.format(roles=_array(givers)))
    ]
    problems += [
        f"{role} can log in and act as {acts_as}, so it could write past the fence:"
        f" REVOKE {acts_as} FROM {role}, or ALTER ROLE {role} NOLOGIN"
        for role, acts_as in session.run(_ACT_AS_OWNERS.format(owners=_array(owners)))
    ]
    problems += [
        f"view {view} of another schema lets others write past the fence: revoke that"
        for (view,) in session.run(_VIEWS_ELSEWHERE.format(schema=literal(catalogue.schema)))
    ]
    if problems:
        raise UnusableInputError(f"{side}: {'; '.join(problems)}")


def missing_roles(session: Session, privileges: Sequence[Privilege]) -> list[str]:
    """Return the roles that these privileges name and that the side does not have."""
    named = {role for each in privileges for role in (each.grantor, each.grantee) if role}
    return [role for (role,) in session.run(_MISSING.format(roles=_array(named)))]


def may_use_schema(session: Session, schema: str, privileges: Sequence[Privilege]) -> set[str]:
    """Return the grantees of these privileges that may use the schema; PUBLIC is left out."""
    grantees = {each.grantee for each in privileges if each.grantee is not None}
    statement = _WITH_USAGE.format(roles=_array(grantees), schema=literal(schema))
    return {role for (role,) in session.run(statement)}


def _array(names: set[str]) -> str:
    return f"ARRAY[{', '.join(literal(name) for name in sorted(names))}]"
