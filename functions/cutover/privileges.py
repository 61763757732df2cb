"""Taking privileges away, and giving the same ones back: which statements that needs.

What is taken is what lets anybody but the owner write (at the fence) or read (at the hand-over).
The owner keeps everything, because the checks of foreign keys run with its privileges, and so
does replication. PostgreSQL manual: "Privileges", "GRANT", "REVOKE".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pg8000.native import identifier, literal

from functions.cutover.session import qualified


class Kind(StrEnum):
    """How GRANT calls an object; views and foreign tables are tables to it."""

    TABLE = "table"
    SEQUENCE = "sequence"


WRITES = {
    Kind.TABLE: frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"}),
    Kind.SEQUENCE: frozenset({"USAGE", "UPDATE"}),
}
READS = {Kind.TABLE: frozenset({"SELECT"}), Kind.SEQUENCE: frozenset({"SELECT"})}

_FORGET = "DELETE FROM aurora_migration.privilege; "
_SAVE = "INSERT INTO aurora_migration.privilege VALUES {rows};"

Owners = Mapping[str, str]
"""The owner of each object of the schema, by the object's name."""

_Signature = tuple[int, str, bool, str, str, bool]
"""Depth, kind, whether of columns, giver, grantee, grant option: what a statement has one of."""


@dataclass(frozen=True)
class Privilege:
    """One privilege on one object or column, as `aclexplode` shows it.

    `grantor` is None for the object's owner, `grantee` None for PUBLIC, `column` None for the
    whole object.
    """

    kind: Kind
    schema: str
    name: str
    column: str | None
    grantor: str | None
    grantee: str | None
    privilege: str
    grantable: bool

    @property
    def writes(self) -> bool:
        """Whether it lets its grantee write."""
        return self.privilege in WRITES[self.kind]


def revocations(privileges: Sequence[Privilege], owners: Owners) -> list[str]:
    """Return the statements that take these privileges away, each as the role that gave it.

    A role that handed its privilege on has to be asked after those that it handed it to: without
    CASCADE PostgreSQL refuses, and with it nobody would know what went.
    """
    return [
        statement
        for group in reversed(_groups(privileges, owners, by_option=False))
        for statement in _as_grantor(group[0], owners, _revocation(group))
    ]


def grants(privileges: Sequence[Privilege], owners: Owners) -> list[str]:
    """Return the statements that give these privileges, each as the role that had given it."""
    return [
        statement
        for group in _groups(privileges, owners, by_option=True)
        for statement in _as_grantor(group[0], owners, _grant(group))
    ]


def saving(privileges: Iterable[Privilege]) -> str:
    """Return SQL that makes `aurora_migration.privilege` hold exactly these privileges."""
    rows = ", ".join(
        "("
        + ", ".join(
            literal(value)
            for value in (
                each.kind.value,
                each.schema,
                each.name,
                each.column,
                each.grantor,
                each.grantee,
                each.privilege,
                each.grantable,
            )
        )
        + ")"
        for each in privileges
    )
    return _FORGET + (_SAVE.format(rows=rows) if rows else "")


def _groups(
    privileges: Sequence[Privilege], owners: Owners, *, by_option: bool
) -> list[list[Privilege]]:
    """Put privileges that one statement can name together, those handed on after their source."""
    holders = _holders(privileges)
    of_object: defaultdict[tuple[_Signature, str, str], list[Privilege]] = defaultdict(list)
    for each in privileges:
        signature = (
            _depth(each, holders),
            each.kind.value,
            each.column is not None,
            _giver(each, owners),
            each.grantee or "",
            each.grantable and by_option,
        )
        of_object[signature, each.schema, each.name].append(each)
    together: defaultdict[tuple[_Signature, tuple[str, ...]], list[Privilege]] = defaultdict(list)
    for (signature, schema, name), members in of_object.items():
        is_column = signature[2]
        alike = (schema, name) if is_column else tuple(sorted({each.privilege for each in members}))
        together[signature, alike].extend(members)
    return [together[key] for key in sorted(together)]


def _holders(privileges: Sequence[Privilege]) -> dict[tuple[object, ...], list[Privilege]]:
    holders: defaultdict[tuple[object, ...], list[Privilege]] = defaultdict(list)
    for each in privileges:
        if each.grantable:
            holders[each.schema, each.name, each.privilege, each.grantee].append(each)
    return holders


def _depth(privilege: Privilege, holders: dict[tuple[object, ...], list[Privilege]]) -> int:
    """Return how many hands a privilege went through: 0 from the owner's, then one more each.

    There are no circles: PostgreSQL refuses grants back to one's own grantor.
    """
    if privilege.grantor is None:
        return 0
    key = (privilege.schema, privilege.name, privilege.privilege, privilege.grantor)
    sources = [each for each in holders.get(key, ()) if each.column in (None, privilege.column)]
    return 1 + min((_depth(each, holders) for each in sources), default=0)


def _what(group: Sequence[Privilege]) -> str:
    first = group[0]
    if first.column is None:
        names = sorted({each.privilege for each in group})
        relations = sorted({qualified(each.schema, each.name) for each in group})
        return f"{', '.join(names)} ON {first.kind.value.upper()} {', '.join(relations)}"
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for each in group:
        columns[each.privilege].append(identifier(each.column))
    named = ", ".join(
        f"{privilege} ({', '.join(sorted(columns[privilege]))})" for privilege in sorted(columns)
    )
    return f"{named} ON TABLE {qualified(first.schema, first.name)}"


def _revocation(group: Sequence[Privilege]) -> str:
    return f"REVOKE {_what(group)} FROM {_grantee(group[0])}"


def _grant(group: Sequence[Privilege]) -> str:
    option = " WITH GRANT OPTION" if group[0].grantable else ""
    return f"GRANT {_what(group)} TO {_grantee(group[0])}{option}"


def _grantee(privilege: Privilege) -> str:
    return "PUBLIC" if privilege.grantee is None else str(identifier(privilege.grantee))


def _as_grantor(privilege: Privilege, owners: Owners, statement: str) -> list[str]:
    """Become the grantor, be it the owner.

    For a member of several roles with the grant option PostgreSQL chooses one of them by itself
    (manual, "GRANT", Notes), and a REVOKE takes away nothing that another role gave.
    """
    giver = identifier(_giver(privilege, owners))
    return [f"SET LOCAL ROLE {giver}", statement, "SET LOCAL ROLE NONE"]


def _giver(privilege: Privilege, owners: Owners) -> str:
    return owners[privilege.name] if privilege.grantor is None else privilege.grantor
