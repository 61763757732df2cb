"""Statements that change a login. Pure: they are built here and run elsewhere.

Source: PostgreSQL manual, CREATE ROLE, ALTER ROLE, GRANT and REVOKE (for roles).
"""

import csv
from collections.abc import Iterator

from pg8000.native import identifier, literal

from functions.secret_rotation.role_catalog import Attributes, Membership, RoleSetting

_LISTS = frozenset(
    {"local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"}
)
"""Parameters whose stored value is a list of quoted names: those that pg_dump knows as such."""


def create(login: str) -> str:
    """Return the statement that makes a login which nobody can use yet."""
    return f"CREATE ROLE {identifier(login)} LOGIN"


def set_password(login: str, verifier: str, attributes: Attributes) -> str:
    """Return the statement that gives a login these attributes and a new password."""
    return (
        f"ALTER ROLE {identifier(login)} LOGIN {'INHERIT' if attributes.inherits else 'NOINHERIT'}"
        f" CONNECTION LIMIT {int(attributes.connection_limit)}"
        f" VALID UNTIL {literal(attributes.valid_until)} PASSWORD {literal(verifier)}"
    )


def set_own_password(verifier: str) -> str:
    """Return the statement by which a session's own login changes its password."""
    return f"ALTER ROLE CURRENT_USER PASSWORD {literal(verifier)}"


def align_memberships(
    login: str, present: frozenset[Membership], wanted: frozenset[Membership]
) -> Iterator[str]:
    """Yield the statements that make a login a member of what is wanted, and of nothing else."""
    for membership in sorted(present - wanted, key=lambda each: each.group):
        yield f"REVOKE {identifier(membership.group)} FROM {identifier(login)}"
    for membership in sorted(wanted - present, key=lambda each: each.group):
        yield f"GRANT {identifier(membership.group)} TO {identifier(login)}{_options(membership)}"


def align_settings(
    login: str, present: frozenset[RoleSetting], wanted: frozenset[RoleSetting]
) -> Iterator[str]:
    """Yield the statements that give a login these settings, and no others."""
    for gone in sorted(present - wanted, key=_order):
        yield f"ALTER ROLE {identifier(login)}{_in(gone)} RESET {_dotted(gone.name)}"
    for new in sorted(wanted - present, key=_order):
        yield f"ALTER ROLE {identifier(login)}{_in(new)} SET {_dotted(new.name)} TO {_value(new)}"


def _options(membership: Membership) -> str:
    if membership.inherits is None or membership.sets is None:
        return " WITH ADMIN OPTION" if membership.administers else ""
    return (
        f" WITH ADMIN {literal(membership.administers)}, INHERIT {literal(membership.inherits)},"
        f" SET {literal(membership.sets)}"
    )


def _order(setting: RoleSetting) -> tuple[str, str]:
    return (setting.database or "", setting.name)


def _in(setting: RoleSetting) -> str:
    return "" if setting.database is None else f" IN DATABASE {identifier(setting.database)}"


def _dotted(name: str) -> str:
    return ".".join(identifier(part) for part in name.split("."))


def _value(setting: RoleSetting) -> str:
    """Return a value as `SET` takes it: the names of a list one by one, else they become one."""
    if setting.name not in _LISTS:
        return str(literal(setting.value))
    (names,) = csv.reader([setting.value], skipinitialspace=True)
    return ", ".join(literal(name) for name in names)
