"""In which order a server sorts the values of a column, said so that two servers can be compared.

Numbers, times, identifiers and bytes sort alike everywhere. Text sorts by a collation: alike where
that is the order of code points, or where provider, locale and version of the collation are the
same (PostgreSQL manual, "Collation Support"). libc's C.UTF-8 has no version, for its order is that
of code points (get_collation_actual_version in pg_locale.c, which leaves it out for that reason).
"""

from dataclasses import dataclass

from functions.data_validation.expressions import INTEGERS, TEXTS
from functions.data_validation.sessions import Session

SORTED_ALIKE = frozenset(
    {"bool", "bytea", "char", "date", "numeric", "oid", "time", "timestamp", "timestamptz"}
    | {"timetz", "uuid"}
)
COLLATED = frozenset({"bpchar", "name"}) | TEXTS

_CODE_POINTS = {
    "b": frozenset({"c", "c.utf8", "pg_unicode_fast"}),
    "c": frozenset({"c", "posix", "c.utf8"}),
}
"""Locales that sort by code point, by pg_collation.collprovider: builtin and libc."""

# Fields of later versions are looked for in the row's JSON. PostgreSQL 15 was the first to let
# a database have a provider, and to tell the version of its collation.
_COLLATIONS = """
    SELECT c.oid::text, c.collprovider::text, c.collcollate,
           coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'),
           to_jsonb(c) ->> 'collicurules', c.collisdeterministic,
           pg_collation_actual_version(c.oid)
      FROM pg_catalog.pg_collation c
"""
_DATABASE = """
    SELECT coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), d.datcollate,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
           to_jsonb(d) ->> 'daticurules', true, {version}
      FROM pg_catalog.pg_database d
     WHERE d.datname = current_database()
"""
_VERSION_OF_DATABASE = "pg_database_collation_actual_version(d.oid)"


@dataclass(frozen=True)
class Collation:
    """A collation, as pg_collation describes it, or pg_database a database's own.

    `libc_locale` is for provider `c`, `locale` and `rules` for the others (`b` builtin, `i` ICU).
    `version` is the one of the library in use now, None where it has none.
    """

    provider: str
    libc_locale: str | None
    locale: str | None
    rules: str | None
    deterministic: bool
    version: str | None

    def order(self, encoding: str) -> str | None:
        """Return the order it sorts in; None when another server's may differ, for all we know."""
        locale = self.libc_locale if self.provider == "c" else self.locale or self.libc_locale
        plain = (locale or "").lower().replace("utf-8", "utf8")
        if self.deterministic and plain in _CODE_POINTS.get(self.provider, ()):
            return f"by code point in {encoding}"
        if not self.version:
            return None
        parts = [self.provider, locale or "", self.rules or "", self.version]
        if not self.deterministic:
            parts.append("nondeterministic")
        return f"by {' '.join(part for part in parts if part)}"


class Collations:
    """The collations of a database."""

    def __init__(self, session: Session) -> None:
        """Read them. Raises DatabaseError."""
        ((encoding, has_version),) = session.run(
            "SELECT current_setting('server_encoding'),"
            " to_regproc('pg_catalog.pg_database_collation_actual_version') IS NOT NULL"
        )
        self._encoding = str(encoding)
        version = _VERSION_OF_DATABASE if has_version else "NULL"
        ((*default,),) = session.run(_DATABASE.format(version=version))
        self._default = Collation(*default)
        self._named = {row[0]: Collation(*row[1:]) for row in session.run(_COLLATIONS)}

    def order(self, base: str, collation: str) -> str | None:
        """Return the order of a type's values; None when no other server is known to share it.

        `base` is as in tables.Column, `collation` the oid of the column's.
        """
        if base in INTEGERS:
            return "integer"
        if base in SORTED_ALIKE:
            return base
        if base not in COLLATED or collation not in self._named:
            return None
        named = self._named[collation]
        described = (self._default if named.provider == "d" else named).order(self._encoding)
        family = "text" if base in TEXTS else base
        return f"{family} {described}" if described else None
