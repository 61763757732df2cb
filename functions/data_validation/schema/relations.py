"""Reads schemas, tables, columns, sequences and views."""

from collections.abc import Iterator

from functions.data_validation.schema.catalogue import Rows
from functions.data_validation.schema.model import IDENTITY, Identity, SchemaObject
from functions.data_validation.schema.text import identifier, qualified, readable

_TABLE_KINDS = {"r": "table", "p": "partitioned table", "f": "foreign table"}
_PERSISTENCE = {"p": "permanent", "u": "unlogged", "t": "temporary"}
_REPLICA_IDENTITY = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
_IDENTITY_COLUMN = {"a": "always", "d": "by default"}
_GENERATED_COLUMN = {"s": "stored", "v": "virtual"}

_SCHEMAS = """
SELECT s.name,
       (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_namespace'::regclass AND d.objid = s.oid AND d.deptype = 'e')
  FROM chosen s
"""

_TABLES = """
SELECT t.schema, t.name, t.relkind::text, t.relpersistence::text, t.relreplident::text,
       (SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
         WHERE x.indrelid = t.oid AND x.indisreplident),
       t.relrowsecurity, t.relforcerowsecurity,
       CASE WHEN t.relkind = 'p' THEN pg_get_partkeydef(t.oid) END,
       t.parent_schema, t.parent_name,
       CASE WHEN t.relispartition THEN pg_get_expr(t.relpartbound, t.oid) END,
       (SELECT string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
          FROM pg_inherits h WHERE h.inhrelid = t.oid AND NOT t.relispartition)
  FROM relation t
 WHERE t.relkind IN ('r', 'p', 'f')
"""

# A collation is named only where it is not the type's own. A NOT NULL constraint that has not been
# validated exists from PostgreSQL 18 on; below, pg_constraint has no rows of type `n`.
_COLUMNS = """
SELECT t.schema, t.name, t.parent_schema, t.parent_name, a.attname::text,
       format_type(a.atttypid, a.atttypmod), a.attnotnull,
       EXISTS (SELECT FROM pg_constraint n
                WHERE n.conrelid = t.oid AND n.contype = 'n' AND NOT n.convalidated
                  AND n.conkey = ARRAY[a.attnum]),
       pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
       CASE WHEN a.attcollation <> y.typcollation THEN format('%I.%I', cs.nspname, co.collname) END
  FROM relation t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
  LEFT JOIN pg_namespace cs ON cs.oid = co.collnamespace
 WHERE t.relkind IN ('r', 'p', 'f')
"""

# The bounds of the type itself are what `NO MINVALUE` and `NO MAXVALUE` stand for.
_SEQUENCES = """
SELECT t.schema, t.name, format_type(q.seqtypid, NULL), q.seqstart::text, q.seqincrement::text,
       nullif(q.seqmin, CASE WHEN q.seqincrement > 0 THEN 1 ELSE bound.low END)::text,
       nullif(q.seqmax, CASE WHEN q.seqincrement > 0 THEN bound.high ELSE -1 END)::text,
       q.seqcache::text, q.seqcycle, owner.schema, owner.name, owner.attname, owner.deptype
  FROM relation t
  JOIN pg_sequence q ON q.seqrelid = t.oid
  JOIN (VALUES ('int2'::regtype, -32768::bigint, 32767::bigint),
               ('int4'::regtype, -2147483648, 2147483647),
               ('int8'::regtype, -9223372036854775808, 9223372036854775807))
       AS bound (type, low, high) ON bound.type = q.seqtypid
  LEFT JOIN LATERAL (
       SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text,
              d.deptype::text
         FROM pg_depend d
         JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
         JOIN pg_class c ON c.oid = d.refobjid
         JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.objsubid = 0
          AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) owner ON true
"""

_VIEWS = """
SELECT t.schema, t.name, t.relkind = 'm', t.relispopulated, pg_get_viewdef(t.oid),
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(t.reloptions) o)
  FROM relation t
 WHERE t.relkind IN ('v', 'm')
"""


def schema(name: str) -> Identity:
    """Return the identity of a schema, which is never qualified."""
    return Identity("schema", identifier(name))


def table(schema_name: str, name: str) -> Identity:
    """Return the identity of a table."""
    return Identity("table", qualified(schema_name, name))


def column(schema_name: str, table_name: str, name: str) -> Identity:
    """Return the identity of a column."""
    return Identity("column", qualified(schema_name, table_name, name))


def parent_of(schema_name: str | None, name: str | None) -> Identity | None:
    """Return the identity of the table that another is a partition or a child of."""
    return None if schema_name is None or name is None else table(schema_name, name)


def yes_or_no(value: bool) -> str:
    """Return a truth value as people read it."""
    return "yes" if value else "no"


def read_schemas(rows: Rows) -> Iterator[SchemaObject]:
    """Read the schemas themselves."""
    for name, extension in rows(_SCHEMAS):
        within = () if extension is None else (Identity("extension", identifier(extension)),)
        yield SchemaObject(schema(name), within=within)


def read_tables(rows: Rows) -> Iterator[SchemaObject]:
    """Read tables, partitioned tables, their partitions, and foreign tables."""
    for row in rows(_TABLES):
        schema_name, name, kind, persistence, replica, index, security, forced, key, *rest = row
        parent_schema, parent_name, bound, parents = rest
        parent = parent_of(parent_schema, parent_name)
        identity_by = _REPLICA_IDENTITY[replica]
        partition = None if bound is None or parent is None else f"{parent.name} {readable(bound)}"
        yield SchemaObject(
            table(schema_name, name),
            {
                "kind": _TABLE_KINDS[kind],
                "persistence": _PERSISTENCE[persistence],
                "replica identity": identifier(index) if replica == "i" and index else identity_by,
                "row security": yes_or_no(security),
                "forced row security": yes_or_no(forced),
                "partition key": None if key is None else readable(key),
                "partition of": partition,
                "inherits": None if parents is None else readable(parents),
            },
            within=(schema(schema_name), *([parent] if partition and parent else [])),
        )


def read_columns(rows: Rows) -> Iterator[SchemaObject]:
    """Read the columns of tables, and which of them are identities."""
    for row in rows(_COLUMNS):
        schema_name, table_name, parent_schema, parent_name, name, data_type, *rest = row
        not_null, unproven, expression, identity_kind, generated_kind, collation = rest
        this = column(schema_name, table_name, name)
        parent = parent_of(parent_schema, parent_name)
        default = None if expression is None else readable(expression)
        nullable = "not null, not validated" if unproven else yes_or_no(not not_null)
        generated = _GENERATED_COLUMN.get(generated_kind)
        yield SchemaObject(
            this,
            {
                "type": readable(data_type),
                "nullable": nullable,
                "default": None if generated else default,
                "generated": f"{generated}: {default}" if generated else None,
                "identity": _IDENTITY_COLUMN.get(identity_kind),
                "collation": None if collation is None else readable(collation),
            },
            within=(table(schema_name, table_name),),
            inherits=parent and Identity("column", f"{parent.name}.{identifier(name)}"),
        )
        if identity_kind:
            yield SchemaObject(Identity(IDENTITY, this.name), within=(this,))


def read_sequences(rows: Rows) -> Iterator[SchemaObject]:
    """Read sequences; their position is data and not compared."""
    for row in rows(_SEQUENCES):
        schema_name, name, data_type, start, increment, lowest, highest, cache, cycle, *owner = row
        owner_schema, owner_table, owner_column, dependency = owner
        owned_by = None
        within = [schema(schema_name)]
        if owner_column is not None:
            owned_by = column(owner_schema, owner_table, owner_column)
            within.append(Identity(IDENTITY, owned_by.name) if dependency == "i" else owned_by)
        yield SchemaObject(
            Identity("sequence", qualified(schema_name, name)),
            {
                "type": data_type,
                "start": start,
                "increment": increment,
                "minimum": lowest,
                "maximum": highest,
                "cache": cache,
                "cycle": yes_or_no(cycle),
                "owned by": owned_by.name if owned_by else None,
            },
            within=tuple(within),
        )


def read_views(rows: Rows) -> Iterator[SchemaObject]:
    """Read views and materialized views."""
    for schema_name, name, materialized, populated, definition, options in rows(_VIEWS):
        yield SchemaObject(
            Identity("view", qualified(schema_name, name)),
            {
                "kind": "materialized view" if materialized else "view",
                "definition": readable(definition),
                "options": options,
                "populated": yes_or_no(populated) if materialized else None,
            },
            within=(schema(schema_name),),
        )
