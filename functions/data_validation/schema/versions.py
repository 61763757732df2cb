"""What two major versions print differently although it means the same.

All of it is from the release notes and sources of PostgreSQL: 15 (the public schema), 16 (column
names in views), 17 (the privilege MAINTAIN). A view or privilege that differs in substance stays
different.
"""

from functions.data_validation.schema.model import Identity, Schema
from functions.data_validation.schema.privileges import OWNER_MARK, PUBLIC
from functions.data_validation.schema.text import qualifiers, without_qualifier

_PUBLIC_SCHEMA = "schema public"
# Release notes of PostgreSQL 15: not everyone may create objects there, and its owner is new.
_RESTRICTED_PUBLIC = 150_000
_PUBLIC_SCHEMA_GRANTS = ("CREATE, USAGE", "USAGE")
_PUBLIC_SCHEMA_OWNER = "pg_database_owner"
# From 16 on, columns of a view on a single relation are printed without its name.
_BARE_COLUMNS = 160_000
_MAINTAIN = 170_000
_MAINTAIN_PRIVILEGE = "MAINTAIN"
_OWNER_OF_TABLE = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"


class Versions:
    """Tells whether a value on the source means the same as one on the target."""

    def __init__(self, source: Schema, target: Schema) -> None:
        self._lower, self._higher = sorted((source.version, target.version))
        self._source_is_lower = source.version <= target.version

    def same(
        self, identity: Identity, attribute: str, source: str | None, target: str | None
    ) -> bool:
        """Return whether both values say the same, each on a server of its version."""
        if source == target:
            return True
        lower, higher = (source, target) if self._source_is_lower else (target, source)
        if identity.kind in ("grant", "default-privilege"):
            return self._same_privileges(identity, attribute, lower, higher)
        if identity.kind == "owner" and identity.name == _PUBLIC_SCHEMA:
            return self._straddle(_RESTRICTED_PUBLIC) and higher == _PUBLIC_SCHEMA_OWNER
        if identity.kind == "view" and attribute == "definition" and lower and higher:
            return self._straddle(_BARE_COLUMNS) and _same_view(lower, higher)
        return False

    def _straddle(self, version: int) -> bool:
        return self._lower < version <= self._higher

    def _same_privileges(
        self, identity: Identity, grantee: str, lower: str | None, higher: str | None
    ) -> bool:
        if identity.name == _PUBLIC_SCHEMA and self._straddle(_RESTRICTED_PUBLIC):
            of_owner = grantee.endswith(OWNER_MARK)
            return of_owner or (grantee == PUBLIC and (lower, higher) == _PUBLIC_SCHEMA_GRANTS)
        if not self._straddle(_MAINTAIN):
            return False
        known = _without_maintain(higher)
        if grantee.endswith(OWNER_MARK) and known == _OWNER_OF_TABLE:
            known = None
        return lower == known


def _without_maintain(privileges: str | None) -> str | None:
    if privileges is None:
        return None
    kept = [each for each in privileges.split(", ") if each.rstrip("*") != _MAINTAIN_PRIVILEGE]
    return ", ".join(kept) or None


def _same_view(lower: str, higher: str) -> bool:
    """Return whether the views are the same but for the name of one relation before columns.

    Only a query's outermost level is printed without it, and there only when it has a single
    relation, so that no column can be mistaken for another relation's.
    """
    return any(
        without_qualifier(lower, name) == without_qualifier(higher, name)
        for name in qualifiers(lower)
    )
