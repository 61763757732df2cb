"""Reads functions, procedures and aggregates, triggers, and policies of row security."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from functions.data_validation.schema.catalogue import Rows
from functions.data_validation.schema.constraints import TRIGGER_STATES, trigger_state
from functions.data_validation.schema.model import Identity, SchemaObject
from functions.data_validation.schema.relations import parent_of, schema, table
from functions.data_validation.schema.text import identifier, on_table, qualified, readable

_DIGITS = 16
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}

# pg_get_functiondef() does not serve aggregates. The signature is the types of the input, as
# ALTER FUNCTION takes it.
_FUNCTIONS = """
SELECT s.name, p.proname::text,
       ARRAY(SELECT format_type(u.type, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY
                 AS u (type, place) ORDER BY u.place),
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
            ELSE concat_ws(' ', 'AGGREGATE', a.aggkind, format_type(p.prorettype, NULL),
                           a.aggtransfn::regproc, format_type(a.aggtranstype, NULL),
                           a.aggfinalfn::regproc, a.aggcombinefn::regproc, a.aggserialfn::regproc,
                           a.aggdeserialfn::regproc, a.aggmtransfn::regproc,
                           a.aggminvtransfn::regproc, a.aggmfinalfn::regproc,
                           a.aggsortop::regoperator, a.aggfinalextra, a.aggmfinalextra,
                           a.aggfinalmodify, a.aggmfinalmodify, a.aggnumdirectargs,
                           quote_nullable(a.agginitval), quote_nullable(a.aggminitval),
                           p.proparallel) END
  FROM pg_proc p
  JOIN chosen s ON s.oid = p.pronamespace
  LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
 WHERE p.proname !~ '^awsdms_'
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
"""

# A partition's copy of its parent's trigger can be disabled apart. The column that tells the two
# apart, tgparentid, exists from PostgreSQL 13 on; before 15 copies counted as internal.
_TRIGGERS = """
SELECT t.schema, t.name, t.parent_schema, t.parent_name, g.tgname::text,
       pg_get_triggerdef(g.oid), g.tgenabled::text,
       coalesce(to_jsonb(g) ->> 'tgparentid', '0') <> '0',
       t.relkind = 'v'
  FROM relation t
  JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
"""

_POLICIES = """
SELECT t.schema, t.name, p.polname::text, p.polcmd::text, p.polpermissive,
       pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid),
       ARRAY(SELECT CASE WHEN r.oid = 0 THEN 'public' ELSE pg_get_userbyid(r.oid)::text END
               FROM unnest(p.polroles) r (oid) ORDER BY 1)
  FROM relation t
  JOIN pg_policy p ON p.polrelid = t.oid
"""


def signature(schema_name: str, name: str, types: Sequence[str]) -> str:
    """Return what tells a function from those of the same name: `schema.name(integer, text)`."""
    return f"{qualified(schema_name, name)}({', '.join(map(readable, types))})"


def read_functions(rows: Rows) -> Iterator[SchemaObject]:
    """Read functions, procedures, window functions and aggregates; definitions as digests."""
    for schema_name, name, types, definition in rows(_FUNCTIONS):
        digest = sha256(definition.encode()).hexdigest()[:_DIGITS]
        yield SchemaObject(
            Identity("function", signature(schema_name, name, types)),
            {"definition": f"sha256 {digest}, {len(definition)} characters"},
            within=(schema(schema_name),),
        )


def read_triggers(rows: Rows) -> Iterator[SchemaObject]:
    """Read triggers of tables and views, and when they fire."""
    for row in rows(_TRIGGERS):
        schema_name, table_name, parent_schema, parent_name, name, definition, *rest = row
        enabled, copied, on_view = rest
        relation = Identity("view" if on_view else "table", qualified(schema_name, table_name))
        this = Identity("trigger", on_table(name, relation.name))
        parent = parent_of(parent_schema, parent_name) if copied else None
        if parent is None:
            yield SchemaObject(this, {"definition": readable(definition)}, within=(relation,))
            yield trigger_state(this, TRIGGER_STATES[enabled])
        else:
            origin = Identity("trigger-state", on_table(name, parent.name))
            yield trigger_state(this, TRIGGER_STATES[enabled], inherits=origin)


def read_policies(rows: Rows) -> Iterator[SchemaObject]:
    """Read the policies of row security."""
    for row in rows(_POLICIES):
        schema_name, table_name, name, command, permissive, using, check, roles = row
        owner = table(schema_name, table_name)
        yield SchemaObject(
            Identity("policy", on_table(name, owner.name)),
            {
                "command": _COMMANDS[command],
                "permissive": "permissive" if permissive else "restrictive",
                "roles": ", ".join(map(identifier, roles)),
                "using": None if using is None else readable(using),
                "with check": None if check is None else readable(check),
            },
            within=(owner,),
        )
