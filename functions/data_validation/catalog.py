"""Which tables a database has, read from its system catalogue.

Sources: PostgreSQL manual, "System Catalogs" (pg_class, pg_attribute, pg_type, pg_index) and
"Row Estimation Examples".
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from functions.data_validation.orders import Collations
from functions.data_validation.session_start import require_version
from functions.data_validation.sessions import Session
from functions.data_validation.tables import Column, Kind, Table, TablePair, pair

UNKNOWN_ROWS_PER_PAGE = 80
"""Of a table that was never analysed: rows of about 100 bytes."""

_KINDS = {
    "b": Kind.BASE,
    "c": Kind.COMPOSITE,
    "e": Kind.ENUM,
    "m": Kind.MULTIRANGE,
    "r": Kind.RANGE,
}
"""By pg_type.typtype; domains are looked through, pseudo-types have no columns."""

# A table that is a partition is part of its root. AWS DMS keeps its own state in awsdms_ tables.
_TABLES = """
    SELECT c.oid::text AS relation, n.nspname AS schema, c.relname AS name,
           c.relkind = 'p' AS partitioned
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
       AND NOT c.relispartition
       AND c.relpersistence <> 't'
       AND n.nspname <> 'information_schema'
       AND n.nspname !~ '^pg_'
       AND c.relname !~ '^awsdms_'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
       AND ($1::text[] IS NULL OR n.nspname = ANY ($1::text[]))
       AND ($2::text[] IS NULL OR n.nspname || '.' || c.relname = ANY ($2::text[])
            OR quote_ident(n.nspname) || '.' || quote_ident(c.relname) = ANY ($2::text[]))
     ORDER BY 2, 3
"""

# As the planner does it: the density of the last analysis times the pages of now.
_ROWS = """
    SELECT t.relation::text, coalesce(sum(s.pages * s.density), 0)::bigint
      FROM unnest($1::text[]::oid[]) AS t (relation)
      CROSS JOIN LATERAL (
           SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages,
                  CASE WHEN c.relpages > 0 AND c.reltuples >= 0 THEN c.reltuples / c.relpages
                       ELSE {unknown} END AS density
             FROM pg_catalog.pg_class c
            WHERE c.relkind = 'r'
              AND (c.oid = t.relation OR c.oid IN (
                   SELECT leaf.relid FROM pg_partition_tree(t.relation) AS leaf WHERE leaf.isleaf))
           ) AS s
     GROUP BY 1
"""

# Each domain is replaced by what it is made of; the modifier belongs to the innermost.
_COLUMNS = """
    WITH RECURSIVE resolved AS (
        SELECT a.attrelid, a.attnum, a.atttypid AS type, a.atttypmod AS modifier
          FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = ANY ($1::text[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT d.attrelid, d.attnum, t.typbasetype, t.typtypmod
          FROM resolved d JOIN pg_catalog.pg_type t ON t.oid = d.type
         WHERE t.typtype = 'd'
    )
    SELECT a.attrelid::text, a.attname, format_type(a.atttypid, a.atttypmod),
           coalesce(e.typname, t.typname), coalesce(en.nspname, tn.nspname), e.oid IS NOT NULL,
           t.typtype::text, r.modifier, {not_null}, a.attcollation::text
      FROM resolved r
      JOIN pg_catalog.pg_attribute a USING (attrelid, attnum)
      JOIN pg_catalog.pg_type t ON t.oid = r.type
      JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid
      LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
     WHERE t.typtype <> 'd'
     ORDER BY a.attrelid, a.attnum
"""

# The first index whose order and uniqueness can be used: all its columns in their own collation
# and their type's usual order, none of them NULL; a constraint's check may not be deferred.
_KEYS = """
    SELECT DISTINCT ON (i.indrelid) i.indrelid::text,
           (SELECT array_agg(a.attname::text ORDER BY k.place)
              FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
              JOIN pg_catalog.pg_attribute a
                ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             WHERE k.place <= i.indnkeyatts)
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_am m ON m.oid = c.relam
     WHERE i.indrelid = ANY ($1::text[]::oid[])
       AND i.indisunique AND i.indisvalid AND (i.indisprimary OR i.indimmediate)
       AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'
       AND NOT EXISTS (
           SELECT FROM generate_series(0, i.indnkeyatts - 1) AS k (place)
             JOIN pg_catalog.pg_attribute a
               ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place]
             JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k.place]
            WHERE NOT ({not_null})
               OR i.indcollation[k.place] NOT IN (0, a.attcollation)
               OR NOT o.opcdefault)
     ORDER BY i.indrelid, i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, c.relname
"""

# Since PostgreSQL 18 NOT NULL may be declared without a look at the rows that exist already.
_NOT_NULL = """(a.attnotnull AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint v
     WHERE v.conrelid = a.attrelid AND v.contype = 'n' AND NOT v.convalidated
       AND v.conkey = ARRAY[a.attnum]))"""


def read_tables(
    session: Session, schemas: Sequence[str] | None, tables: Sequence[str] | None
) -> tuple[Table, ...]:
    """Return the user's tables, sorted by schema and name, with partitions folded into their root.

    `schemas` and `tables` (`schema.table`, as it is or quoted for SQL) limit them; None does not.
    A name that no table has is passed over. Raises UnusableInputError for a server that is too
    old, and DatabaseError.
    """
    ((version,),) = session.run("SELECT current_setting('server_version_num')::bigint")
    require_version(int(version))
    chosen = session.run(_TABLES, (_list(schemas), _list(tables)))
    if not chosen:
        return ()
    relations = [row[0] for row in chosen]
    columns = _read_columns(session, relations)
    keys = {
        relation: tuple(key)
        for relation, key in session.run(_KEYS.format(not_null=_NOT_NULL), (relations,))
    }
    rows = session.run(_ROWS.format(unknown=UNKNOWN_ROWS_PER_PAGE), (relations,))
    estimated_rows = {relation: int(count) for relation, count in rows}
    return tuple(
        Table(
            schema,
            name,
            columns.get(relation, ()),
            keys.get(relation, ()),
            partitioned,
            estimated_rows.get(relation, 0),
        )
        for relation, schema, name, partitioned in chosen
    )


def match(source: Sequence[Table], target: Sequence[Table]) -> tuple[TablePair, ...]:
    """Return the pairs of tables that have the same schema and name, in the source's order."""
    on_target = {(table.schema, table.name): table for table in target}
    return tuple(
        pair(table, on_target[table.schema, table.name])
        for table in source
        if (table.schema, table.name) in on_target
    )


def _read_columns(session: Session, relations: list[str]) -> dict[str, tuple[Column, ...]]:
    rows = session.run(_COLUMNS.format(not_null=_NOT_NULL), (relations,))
    collations = Collations(session)
    return {
        relation: tuple(_column(row[1:], collations) for row in several)
        for relation, several in groupby(rows, key=itemgetter(0))
    }


def _column(row: Iterable[Any], collations: Collations) -> Column:
    name, sql_type, type_name, type_schema, is_array, type_kind, modifier, not_null, collation = row
    base = type_name if type_schema == "pg_catalog" else f"{type_schema}.{type_name}"
    kind = Kind.ARRAY if is_array else _KINDS[type_kind]
    order = collations.order(base, collation) if kind is Kind.BASE and not_null else None
    return Column(name, sql_type, kind, f"{base}[]" if is_array else base, modifier, order)


def _list(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)
