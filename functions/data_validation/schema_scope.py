"""Which schema differences belong to tables that were asked for by name."""

from collections.abc import Collection

from functions.data_validation.schema.model import Identity, Schema, SchemaDifference
from functions.data_validation.schema.relations import table
from functions.data_validation.tables import TablePair


def of_tables(
    differences: Collection[SchemaDifference],
    schemas: Collection[Schema],
    pairs: Collection[TablePair],
) -> tuple[SchemaDifference, ...]:
    """Return the differences in these tables, and in what they contain: columns, indexes, grants.

    `schemas` are the two that were compared. What tables share, such as types, is not theirs.
    """
    chosen = {table(pair.source.schema, pair.source.name) for pair in pairs}
    belonging = {
        identity
        for schema in schemas
        for identity in schema.objects
        if _belongs(identity, schema, chosen)
    }
    return tuple(each for each in differences if Identity(each.kind, each.object) in belonging)


def _belongs(identity: Identity, schema: Schema, chosen: Collection[Identity]) -> bool:
    if identity in chosen:
        return True
    found = schema.objects.get(identity)
    return found is not None and any(_belongs(each, schema, chosen) for each in found.within)
