"""Which relations and columns the checks are about, as the beginning of their statements.

In scope is what is in the migrated schema, without what extensions bring, what AWS DMS creates for
itself ("Control tables" and "Capturing DDL" in the AWS DMS user guide), and the cutover's sentinel.
"""

_RELATION = """
WITH RECURSIVE relation AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name, quote_ident(c.relname) AS short
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = :schema
       AND c.relname !~ '^(awsdms_|migration_sentinel$)'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                                 AND d.objid = c.oid AND d.deptype = 'e')
)
"""


def with_relation(statement: str) -> str:
    """Return the statement with `relation`: pg_class with `name` (qualified) and `short`, quoted.

    The statement may go on with further tables of the WITH clause, which is recursive.
    """
    return _RELATION + statement


COLUMNS = with_relation(
    """
, resolved AS (
    SELECT a.attrelid, a.attnum, a.atttypid AS type, a.atttypmod AS modifier
      FROM relation t
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE t.relkind IN ('r', 'p')
    UNION ALL
    SELECT r.attrelid, r.attnum, y.typbasetype, y.typtypmod
      FROM resolved r JOIN pg_type y ON y.oid = r.type
     WHERE y.typtype = 'd'
)
SELECT t.name, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
       CASE WHEN y.typcategory = 'A' THEN 'array' WHEN y.typtype = 'b' THEN y.typname::text
            ELSE CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite'
                                ELSE y.typname::text END END,
       r.modifier, a.attnotnull, a.attgenerated::text, a.attidentity::text,
       t.relispartition, t.relkind = 'p',
       EXISTS (SELECT FROM pg_index p WHERE p.indrelid = t.oid AND p.indisprimary
                                        AND a.attnum = ANY (p.indkey::int2[]))
  FROM resolved r
  JOIN relation t ON t.oid = r.attrelid
  JOIN pg_attribute a USING (attrelid, attnum)
  JOIN pg_type y ON y.oid = r.type
 WHERE y.typtype <> 'd'
 ORDER BY t.name, a.attnum
"""
)
"""One row a column of a table: table, column, declared type, what it is at heart (domains looked
through), that one's modifier, not null, generated, identity, of a partition, of a partitioned
table, in the primary key."""
