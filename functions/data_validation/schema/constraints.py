"""Reads constraints and indexes.

What a partition or a child has because its parent has it is read once, at the parent: the parent's
index is valid only when every partition's is attached to it, and names of the copies differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.data_validation.schema.catalogue import Rows
from functions.data_validation.schema.model import Identity, SchemaObject
from functions.data_validation.schema.relations import column, schema, table, yes_or_no
from functions.data_validation.schema.text import on_table, qualified, readable

_NOT_VALID = " NOT VALID"
TRIGGER_STATES = {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"}
"""pg_trigger.tgenabled: fires in sessions of applications, never, of replication, in all."""

# Not null constraints (type `n`, from PostgreSQL 18 on) are the column's nullability, constraint
# triggers (type `t`) are triggers. A foreign key is enforced by internal triggers on both tables.
_CONSTRAINTS = """
SELECT k.oid::text, nullif(k.conparentid, 0)::text, k.coninhcount > 0, t.schema, t.name,
       k.conname::text, k.contype = 'f', pg_get_constraintdef(k.oid), i.indisvalid,
       referenced_schema.nspname::text, referenced.relname::text,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = t.oid AND a.attnum = ANY (k.conkey) ORDER BY a.attnum),
       ARRAY(SELECT DISTINCT g.tgenabled::text FROM pg_trigger g
              WHERE g.tgconstraint = k.oid AND k.contype = 'f' ORDER BY 1)
  FROM relation t
  JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'c', 'f', 'x')
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_class referenced ON referenced.oid = k.confrelid
  LEFT JOIN pg_namespace referenced_schema ON referenced_schema.oid = referenced.relnamespace
"""

# The definition is what follows the table's name; those that constraints own are left to them.
_INDEXES = """
SELECT i.schema, i.name, t.schema, t.name, t.relkind = 'm', x.indisunique,
       x.indisvalid AND x.indisready,
       substr(pg_get_indexdef(i.oid),
              length(format('CREATE %sINDEX %I ON %s%I.%I ',
                            CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, i.name,
                            CASE WHEN i.relkind = 'I' THEN 'ONLY ' ELSE '' END,
                            t.schema, t.name)) + 1),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = t.oid AND a.attnum = ANY (x.indkey) ORDER BY a.attnum)
  FROM relation i
  JOIN pg_index x ON x.indexrelid = i.oid
  JOIN relation t ON t.oid = x.indrelid
 WHERE NOT i.relispartition
   AND NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conindid = i.oid AND k.conrelid = t.oid
                      AND k.contype IN ('p', 'u', 'x'))
"""


@dataclass(frozen=True)
class _Constraint:
    """A row of _CONSTRAINTS, with the columns' names as in the statement."""

    oid: str
    parent: str | None
    inherited: bool
    table_schema: str
    table_name: str
    name: str
    foreign_key: bool
    definition: str
    index_valid: bool | None
    referenced_schema: str | None
    referenced_name: str | None
    columns: Sequence[str]
    trigger_states: Sequence[str]


def read_constraints(rows: Rows) -> Iterator[SchemaObject]:
    """Read primary keys, unique, check, foreign key and exclusion constraints of tables.

    Whether a foreign key's triggers are enabled, on any partition, is a `trigger-state`.
    """
    constraints = [_Constraint(*row) for row in rows(_CONSTRAINTS)]
    states = _states_by_root(constraints)
    for constraint in constraints:
        if not constraint.inherited and constraint.parent is None:
            yield from _constraint(constraint, states.get(constraint.oid, set()))


def _states_by_root(constraints: Sequence[_Constraint]) -> dict[str, set[str]]:
    parents = {constraint.oid: constraint.parent for constraint in constraints}
    states: dict[str, set[str]] = {}
    for constraint in constraints:
        root = constraint.oid
        while (parent := parents.get(root)) is not None:
            root = parent
        states.setdefault(root, set()).update(constraint.trigger_states)
    return states


def _constraint(constraint: _Constraint, states: set[str]) -> Iterator[SchemaObject]:
    owner = table(constraint.table_schema, constraint.table_name)
    columns = (
        column(constraint.table_schema, constraint.table_name, name) for name in constraint.columns
    )
    within = [owner, *columns]
    if constraint.referenced_schema is not None and constraint.referenced_name is not None:
        within.append(table(constraint.referenced_schema, constraint.referenced_name))
    name = on_table(constraint.name, owner.name)
    valid = constraint.index_valid
    yield SchemaObject(
        Identity("constraint", name),
        {
            "definition": readable(constraint.definition.removesuffix(_NOT_VALID)),
            "validated": yes_or_no(not constraint.definition.endswith(_NOT_VALID)),
            "valid index": None if valid is None else yes_or_no(valid),
        },
        within=tuple(within),
    )
    if constraint.foreign_key:
        # One that is not enforced has no triggers, and its definition says so.
        words = sorted(TRIGGER_STATES[each] for each in states or {"O"})
        yield trigger_state(Identity("constraint", name), ", ".join(words))


def trigger_state(of: Identity, state: str, inherits: Identity | None = None) -> SchemaObject:
    """Return the object that says whether a trigger, or a foreign key's triggers, fire."""
    label = of.name if of.kind == "trigger" else f"{of.kind} {of.name}"
    return SchemaObject(
        Identity("trigger-state", label), {"state": state}, within=(of,), inherits=inherits
    )


def read_indexes(rows: Rows) -> Iterator[SchemaObject]:
    """Read the indexes of tables and materialized views that no constraint owns."""
    for row in rows(_INDEXES):
        yield _index(*row)


def _index(
    schema_name: str,
    name: str,
    table_schema: str,
    table_name: str,
    on_view: bool,
    unique: bool,
    valid: bool,
    definition: str,
    columns: Sequence[Any],
) -> SchemaObject:
    relation = qualified(table_schema, table_name)
    owner = Identity("view" if on_view else "table", relation)
    return SchemaObject(
        Identity("index", qualified(schema_name, name)),
        {
            "on": relation,
            "unique": yes_or_no(unique),
            "valid": yes_or_no(valid),
            "definition": readable(definition),
        },
        within=(
            schema(schema_name),
            owner,
            *(column(table_schema, table_name, each) for each in columns),
        ),
    )
