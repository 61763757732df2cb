"""Compares the schemas of two databases, object by object, before their data is compared.

Compared are schemas, extensions, types, tables with columns, constraints and indexes, sequences,
views, functions, triggers, policies, privileges and owners (KINDS). Not compared are positions of
columns and of sequences (the latter are data), storage (tablespaces, access methods, storage
parameters, compression, statistics), publications and subscriptions, rules, event triggers,
foreign servers, collations, casts, operators, text search, comments, and whatever belongs to the
whole cluster: roles, their memberships and settings.
"""

from functions.data_validation.schema.comparison import Unmatched, compare, unmatched
from functions.data_validation.schema.model import KINDS, Schema, SchemaDifference
from functions.data_validation.schema.reading import read_schema

__all__ = [
    "KINDS",
    "Schema",
    "SchemaDifference",
    "Unmatched",
    "compare",
    "read_schema",
    "unmatched",
]
