"""What one side has: its relations, who may do what with them, and what has to be locked.

Sources: PostgreSQL manual, "System Catalogs" (pg_class, pg_attribute, pg_inherits), "Access
Privilege Inquiry Functions" (aclexplode). An ACL that is null means the defaults, which for tables
and sequences are the owner's privileges alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pg8000.native import literal

from functions.cutover.errors import PRIVILEGES_CHANGED
from functions.cutover.privileges import READS, WRITES, Kind, Owners, Privilege
from functions.cutover.session import Session

_IN_SCHEMA = """
    c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {schema})
"""

_RELATIONS = """
SELECT c.relname::text, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END,
    pg_get_userbyid(c.relowner)::text, c.relispartition,
    ARRAY(SELECT a.attname::text FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_class c WHERE {in_schema} ORDER BY c.relname
"""

_OWNERS = """
SELECT c.relname::text, pg_get_userbyid(c.relowner)::text FROM pg_class c WHERE {in_schema}
"""

# Locking a table locks what inherits from it, partitions first of all, so those are left out.
_LOCK_ROOTS = """
SELECT c.relname::text FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND {in_schema}
   AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent
                    WHERE i.inhrelid = c.oid AND parent.relnamespace = c.relnamespace)
 ORDER BY c.relname
"""

_PRIVILEGES = """
SELECT kind, name, column_name, nullif(grantor, owner), grantee, privilege, grantable FROM (
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
        c.relname::text AS name, acl.column_name,
        pg_get_userbyid(c.relowner)::text AS owner,
        pg_get_userbyid((acl.item).grantor)::text AS grantor,
        CASE (acl.item).grantee WHEN 0 THEN NULL
            ELSE pg_get_userbyid((acl.item).grantee)::text END AS grantee,
        (acl.item).privilege_type::text AS privilege, (acl.item).is_grantable AS grantable
      FROM pg_class c CROSS JOIN LATERAL (
            SELECT NULL::text AS column_name, aclexplode(c.relacl) AS item
            UNION ALL
            SELECT a.attname::text, aclexplode(a.attacl) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           ) AS acl
     WHERE {in_schema} AND (acl.item).grantee <> c.relowner
) AS granted
WHERE (kind, privilege) IN ({admission})
ORDER BY kind, name, column_name NULLS FIRST, grantor, grantee, privilege
"""

# Compared as text, so also a grant option or a new owner is a difference.
_DIGEST = """
(SELECT md5(coalesce(string_agg(acl.entry, chr(10) ORDER BY acl.entry COLLATE "C"), ''))
   FROM pg_class c CROSS JOIN LATERAL (
         SELECT concat_ws(' ', c.oid, c.relowner, c.relacl::text) AS entry
         UNION ALL
         SELECT concat_ws(' ', c.oid, a.attnum, a.attacl::text) FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL
        ) AS acl
  WHERE {in_schema})
"""


@dataclass(frozen=True)
class Relation:
    """A table, view or sequence of the schema."""

    name: str
    kind: Kind
    owner: str
    is_partition: bool
    columns: frozenset[str]


@dataclass(frozen=True)
class Catalogue:
    """What one side has in the migrated schema.

    `digest` stands for all access control lists; `lock_roots` are the tables to lock, which with
    their partitions are all tables, in the order in which they are to be locked.
    """

    schema: str
    relations: Mapping[str, Relation]
    privileges: tuple[Privilege, ...]
    digest: str
    lock_roots: tuple[str, ...]

    @property
    def owners(self) -> Owners:
        """Who owns what."""
        return {name: relation.owner for name, relation in self.relations.items()}


def read(session: Session, schema: str) -> Catalogue:
    """Read a side's catalogue; privileges are the ones that a fence or a hand-over takes away.

    Raises DatabaseError.
    """
    in_schema = _IN_SCHEMA.format(schema=literal(schema))
    ((digest,),) = session.run(f"SELECT {digest_sql(schema)}")
    relations = [
        Relation(name, Kind(kind), owner, is_partition, frozenset(columns))
        for name, kind, owner, is_partition, columns in session.run(
            _RELATIONS.format(in_schema=in_schema)
        )
    ]
    roots = session.run(_LOCK_ROOTS.format(in_schema=in_schema))
    return Catalogue(
        schema=schema,
        relations={relation.name: relation for relation in relations},
        privileges=_privileges(session, schema, in_schema),
        digest=digest,
        lock_roots=tuple(name for (name,) in roots),
    )


def owners(session: Session, schema: str) -> Owners:
    """Return who owns what in a schema. Raises DatabaseError."""
    in_schema = _IN_SCHEMA.format(schema=literal(schema))
    return dict(session.run(_OWNERS.format(in_schema=in_schema)))


def digest_sql(schema: str) -> str:
    """Return an SQL expression for the digest of all access control lists of a schema."""
    return _DIGEST.format(in_schema=_IN_SCHEMA.format(schema=literal(schema)))


def require_digest(schema: str, digest: str) -> str:
    """Return PL/pgSQL that raises PRIVILEGES_CHANGED unless the lists are as they were read."""
    return (
        f"IF {digest_sql(schema)} <> {literal(digest)} THEN"
        " RAISE EXCEPTION 'privileges were changed meanwhile'"
        f" USING ERRCODE = '{PRIVILEGES_CHANGED}'; END IF;"
    )


def saved_privileges(session: Session) -> tuple[Privilege, ...]:
    """Return what `aurora_migration.privilege` holds. Raises DatabaseError."""
    rows = session.run(
        "SELECT object_kind, schema_name, object_name, column_name, grantor, grantee, privilege,"
        " grantable FROM aurora_migration.privilege"
    )
    return tuple(Privilege(Kind(kind), *rest) for kind, *rest in rows)


def _privileges(session: Session, schema: str, in_schema: str) -> tuple[Privilege, ...]:
    admission = ", ".join(
        f"('{kind.value}', '{privilege}')"
        for kind in Kind
        for privilege in sorted(WRITES[kind] | READS[kind])
    )
    rows = session.run(_PRIVILEGES.format(in_schema=in_schema, admission=admission))
    return tuple(Privilege(Kind(kind), schema, *rest) for kind, *rest in rows)
