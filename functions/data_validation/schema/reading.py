"""Reads one side's schema: about one statement a kind of object, whatever the schema's size."""

from collections.abc import Callable, Iterator, Sequence

from functions.data_validation.schema.catalogue import Rows, snapshot
from functions.data_validation.schema.constraints import read_constraints, read_indexes
from functions.data_validation.schema.model import Schema, SchemaObject
from functions.data_validation.schema.privileges import (
    read_default_privileges,
    read_privileges,
)
from functions.data_validation.schema.relations import (
    read_columns,
    read_schemas,
    read_sequences,
    read_tables,
    read_views,
)
from functions.data_validation.schema.routines import (
    read_functions,
    read_policies,
    read_triggers,
)
from functions.data_validation.schema.types import (
    read_composites,
    read_domains,
    read_enums,
    read_extensions,
    read_ranges,
)
from functions.data_validation.sessions import Session

_READERS: tuple[Callable[[Rows], Iterator[SchemaObject]], ...] = (
    read_schemas,
    read_extensions,
    read_enums,
    read_domains,
    read_composites,
    read_ranges,
    read_tables,
    read_columns,
    read_sequences,
    read_constraints,
    read_indexes,
    read_views,
    read_functions,
    read_triggers,
    read_policies,
    read_privileges,
    read_default_privileges,
)


def read_schema(session: Session, schemas: Sequence[str] | None = None) -> Schema:
    """Read the named schemas, or all that are a user's, from one snapshot of the catalogue.

    No privilege on the objects is needed. Extensions, and default privileges without a schema, are
    read in any case. Printing a definition locks as a query does: it waits only for a concurrent
    ALTER or DROP, at most for the session's statement time-out. Raises DatabaseError.
    """
    with snapshot(session, schemas) as (version, rows):
        found = [each for read in _READERS for each in read(rows)]
    requested = None if schemas is None else tuple(schemas)
    return Schema(version, requested, {each.identity: each for each in found})
