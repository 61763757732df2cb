"""Reads enums, domains, composite types, ranges, and extensions."""

from collections.abc import Iterator

from functions.data_validation.schema.catalogue import Rows
from functions.data_validation.schema.model import Identity, SchemaObject
from functions.data_validation.schema.relations import schema, yes_or_no
from functions.data_validation.schema.text import identifier, qualified, readable

_ENUMS = """
SELECT s.name, y.typname::text,
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
          FROM pg_enum e WHERE e.enumtypid = y.oid)
  FROM pg_type y
  JOIN chosen s ON s.oid = y.typnamespace
 WHERE y.typtype = 'e'
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = y.oid)
"""

_DOMAINS = """
SELECT s.name, y.typname::text, format_type(y.typbasetype, y.typtypmod), y.typnotnull,
       pg_get_expr(y.typdefaultbin, 0),
       CASE WHEN y.typcollation <> b.typcollation THEN format('%I.%I', cs.nspname, co.collname) END,
       ARRAY(SELECT k.conname::text FROM pg_constraint k
              WHERE k.contypid = y.oid AND k.contype = 'c' ORDER BY k.conname),
       ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
              WHERE k.contypid = y.oid AND k.contype = 'c' ORDER BY k.conname)
  FROM pg_type y
  JOIN chosen s ON s.oid = y.typnamespace
  JOIN pg_type b ON b.oid = y.typbasetype
  LEFT JOIN pg_collation co ON co.oid = y.typcollation
  LEFT JOIN pg_namespace cs ON cs.oid = co.collnamespace
 WHERE y.typtype = 'd'
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = y.oid)
"""

# The order of a composite type's fields is part of its values.
_COMPOSITES = """
SELECT t.schema, t.name,
       (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
                          || CASE WHEN a.attcollation <> y.typcollation
                                  THEN format(' COLLATE %I.%I', cs.nspname, co.collname)
                                  ELSE '' END, ', ' ORDER BY a.attnum)
          FROM pg_attribute a
          JOIN pg_type y ON y.oid = a.atttypid
          LEFT JOIN pg_collation co ON co.oid = a.attcollation
          LEFT JOIN pg_namespace cs ON cs.oid = co.collnamespace
         WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM relation t
 WHERE t.relkind = 'c'
"""

_RANGES = """
SELECT s.name, y.typname::text, format_type(r.rngsubtype, NULL),
       format('%I.%I', os.nspname, o.opcname),
       CASE WHEN co.oid IS NOT NULL THEN format('%I.%I', cs.nspname, co.collname) END,
       nullif(r.rngcanonical, 0)::regproc::text, nullif(r.rngsubdiff, 0)::regproc::text
  FROM pg_range r
  JOIN pg_type y ON y.oid = r.rngtypid
  JOIN chosen s ON s.oid = y.typnamespace
  JOIN pg_opclass o ON o.oid = r.rngsubopc
  JOIN pg_namespace os ON os.oid = o.opcnamespace
  LEFT JOIN pg_collation co ON co.oid = r.rngcollation
  LEFT JOIN pg_namespace cs ON cs.oid = co.collnamespace
 WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = y.oid)
"""

_EXTENSIONS = """
SELECT e.extname::text, n.nspname::text, e.extversion
  FROM pg_extension e
  JOIN pg_namespace n ON n.oid = e.extnamespace
"""


def read_enums(rows: Rows) -> Iterator[SchemaObject]:
    """Read enums: their labels in order."""
    for schema_name, name, labels in rows(_ENUMS):
        yield SchemaObject(
            Identity("enum", qualified(schema_name, name)),
            {"labels": labels},
            within=(schema(schema_name),),
        )


def read_domains(rows: Rows) -> Iterator[SchemaObject]:
    """Read domains; each check constraint is an attribute, and so is that it is not validated."""
    for schema_name, name, base, not_null, default, collation, *constraints in rows(_DOMAINS):
        names, definitions = constraints
        attributes: dict[str, str | None] = {
            "type": readable(base),
            "nullable": yes_or_no(not not_null),
            "default": None if default is None else readable(default),
            "collation": None if collation is None else readable(collation),
        }
        for constraint, definition in zip(names, definitions, strict=True):
            attributes[f"constraint {identifier(constraint)}"] = readable(definition)
        yield SchemaObject(
            Identity("domain", qualified(schema_name, name)),
            attributes,
            within=(schema(schema_name),),
        )


def read_composites(rows: Rows) -> Iterator[SchemaObject]:
    """Read composite types: their fields in order."""
    for schema_name, name, fields in rows(_COMPOSITES):
        yield SchemaObject(
            Identity("composite", qualified(schema_name, name)),
            {"fields": None if fields is None else readable(fields)},
            within=(schema(schema_name),),
        )


def read_ranges(rows: Rows) -> Iterator[SchemaObject]:
    """Read range types."""
    for schema_name, name, subtype, *options in rows(_RANGES):
        names = ("operator class", "collation", "canonical function", "difference function")
        attributes = {
            attribute: None if option is None else readable(option)
            for attribute, option in zip(names, options, strict=True)
        }
        yield SchemaObject(
            Identity("range", qualified(schema_name, name)),
            {"subtype": readable(subtype), **attributes},
            within=(schema(schema_name),),
        )


def read_extensions(rows: Rows) -> Iterator[SchemaObject]:
    """Read the database's extensions, whatever schemas are compared: types may come from them."""
    for name, schema_name, version in rows(_EXTENSIONS):
        this = Identity("extension", identifier(name))
        yield SchemaObject(this, {"schema": identifier(schema_name)})
        yield SchemaObject(
            Identity("extension-version", this.name), {"version": version}, within=(this,)
        )
