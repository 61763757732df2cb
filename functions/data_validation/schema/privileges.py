"""Reads owners, privileges and default privileges (manual, "Privileges").

A privilege is listed by grantee, only where it departs from what PostgreSQL grants by itself: so
NULL in the catalogue equals the same default written out, whatever privileges the server's major
version knows. An asterisk marks the grant option, as psql prints it.
"""

from collections.abc import Iterator
from typing import Any

from functions.data_validation.schema.catalogue import Rows
from functions.data_validation.schema.model import Identity, SchemaObject
from functions.data_validation.schema.relations import parent_of, schema
from functions.data_validation.schema.routines import signature
from functions.data_validation.schema.text import identifier, qualified

OWNER_MARK = " (owner)"
PUBLIC = "PUBLIC"
NONE = "none"
_DEFAULT_OBJECTS = {
    "r": "tables",
    "S": "sequences",
    "f": "functions",
    "T": "types",
    "n": "schemas",
    "L": "large objects",
}

_OWNED = """
, owned AS (
    SELECT CASE WHEN t.relkind IN ('v', 'm') THEN 'view'
                WHEN t.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind,
           t.schema, t.name, NULL::text AS column_name, NULL::text[] AS types,
           t.parent_schema, t.parent_name, t.relowner AS owner, t.relacl AS acl,
           acldefault(CASE WHEN t.relkind = 'S' THEN 's'::"char" ELSE 'r' END, t.relowner) AS usual
      FROM relation t
     WHERE t.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL
    SELECT 'column', t.schema, t.name, a.attname::text, NULL, t.parent_schema, t.parent_name,
           t.relowner, a.attacl, acldefault('c', t.relowner)
      FROM relation t
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT 'schema', NULL, s.name, NULL, NULL, NULL, NULL, s.owner, s.acl,
           acldefault('n', s.owner)
      FROM chosen s
     WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_namespace'::regclass
                                              AND m.objid = s.oid)
    UNION ALL
    SELECT 'function', s.name, p.proname::text, NULL,
           ARRAY(SELECT format_type(u.type, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY
                     AS u (type, place) ORDER BY u.place),
           NULL, NULL, p.proowner, p.proacl, acldefault('f', p.proowner)
      FROM pg_proc p
      JOIN chosen s ON s.oid = p.pronamespace
     WHERE p.proname !~ '^awsdms_'
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass
                                              AND m.objid = p.oid)
    UNION ALL
    SELECT CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range'
                          ELSE 'composite' END,
           s.name, y.typname::text, NULL, NULL, NULL, NULL, y.typowner, y.typacl,
           acldefault('T', y.typowner)
      FROM pg_type y
      JOIN chosen s ON s.oid = y.typnamespace
      LEFT JOIN pg_class c ON c.oid = y.typrelid
     WHERE (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass
                                              AND m.objid = y.oid)
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass
                                              AND m.objid = c.oid)
)
SELECT o.kind, o.schema, o.name, o.column_name, o.types, o.parent_schema, o.parent_name,
       pg_get_userbyid(o.owner)::text, granted.*
  FROM owned o
"""

_DEFAULTS = """
, owned AS (
    SELECT d.defaclobjtype::text AS kind, s.name AS schema, d.defaclrole AS owner,
           d.defaclacl AS acl,
           CASE WHEN d.defaclnamespace = 0
                THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char"
                                                     ELSE d.defaclobjtype END, d.defaclrole)
           END AS usual
      FROM pg_default_acl d
      LEFT JOIN chosen s ON s.oid = d.defaclnamespace
     WHERE d.defaclnamespace = 0 OR s.oid IS NOT NULL
)
SELECT o.kind, o.schema, pg_get_userbyid(o.owner)::text, granted.*
  FROM owned o
"""

# grantee, whether it is the owner, privileges; once for each grantee that departs from the usual.
_DEPARTURES = """
  LEFT JOIN LATERAL (
       SELECT CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee)::text END,
              grantee = o.owner, held.privileges
         FROM (SELECT p.grantee, string_agg(p.name, ', ' ORDER BY p.name COLLATE "C") AS privileges
                 FROM (SELECT e.grantee, e.privilege_type
                              || CASE WHEN bool_or(e.is_grantable) THEN '*' ELSE '' END AS name
                         FROM aclexplode(o.acl) e GROUP BY e.grantee, e.privilege_type) p
                GROUP BY p.grantee) held
         FULL JOIN
              (SELECT e.grantee,
                      string_agg(e.privilege_type, ', ' ORDER BY e.privilege_type COLLATE "C")
                          AS privileges
                 FROM aclexplode(o.usual) e GROUP BY e.grantee) usual USING (grantee)
        WHERE held.privileges IS DISTINCT FROM usual.privileges
       ) AS granted (grantee, is_owner, privileges) ON o.acl IS NOT NULL
"""


def read_privileges(rows: Rows) -> Iterator[SchemaObject]:
    """Read owners and privileges of schemas, tables, columns, views, sequences, functions, types.

    Those of a partition follow its parent's.
    """
    privileges: dict[Identity, dict[str, str | None]] = {}
    origins: dict[Identity, Identity] = {}
    owners: dict[Identity, str] = {}
    for row in rows(_OWNED + _DEPARTURES):
        kind, schema_name, name, column, types, parent_schema, parent_name, owner, *granted = row
        this = _identity(kind, schema_name, name, column, types)
        _note(privileges.setdefault(this, {}), *granted)
        if kind != "column":
            owners[this] = identifier(owner)
        parent = parent_of(parent_schema, parent_name)
        if parent is not None:
            of_parent = parent.name if column is None else f"{parent.name}.{identifier(column)}"
            origins[this] = Identity(kind, of_parent)
    for this, attributes in privileges.items():
        if attributes:
            yield _about("grant", this, attributes, origins.get(this))
    for this, owner in owners.items():
        yield _about("owner", this, {"owner": owner}, origins.get(this))


def read_default_privileges(rows: Rows) -> Iterator[SchemaObject]:
    """Read what ALTER DEFAULT PRIVILEGES grants on objects that are created later."""
    found: dict[Identity, dict[str, str | None]] = {}
    schemas: dict[Identity, Identity] = {}
    for kind, schema_name, role, *granted in rows(_DEFAULTS + _DEPARTURES):
        label = f"{_DEFAULT_OBJECTS[kind]} created by {identifier(role)}"
        if schema_name is not None:
            label += f" in schema {identifier(schema_name)}"
        this = Identity("default-privilege", label)
        if schema_name is not None:
            schemas[this] = schema(schema_name)
        _note(found.setdefault(this, {}), *granted)
    for this, attributes in found.items():
        within = (schemas[this],) if this in schemas else ()
        yield SchemaObject(this, attributes, within=within)


def _identity(
    kind: str, schema_name: str | None, name: str, column: str | None, types: Any
) -> Identity:
    if kind == "function" and schema_name is not None:
        return Identity(kind, signature(schema_name, name, types))
    parts = (part for part in (schema_name, name, column) if part is not None)
    return Identity(kind, qualified(*parts))


def _note(
    attributes: dict[str, str | None], grantee: str | None, is_owner: bool | None, held: str | None
) -> None:
    if is_owner is None:
        return
    role = PUBLIC if grantee is None else identifier(grantee)
    attributes[role + OWNER_MARK if is_owner else role] = held or NONE


def _about(
    kind: str, this: Identity, attributes: dict[str, str | None], origin: Identity | None
) -> SchemaObject:
    return SchemaObject(
        Identity(kind, f"{this.kind} {this.name}"),
        attributes,
        within=(this,),
        inherits=None if origin is None else Identity(kind, f"{origin.kind} {origin.name}"),
    )
