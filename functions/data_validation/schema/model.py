"""What a schema consists of, and what a difference between two schemas says.

Everything that is compared is an object with named attributes whose values are text, so that one
comparison serves every kind of object, and a difference is plain JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

KINDS = (
    "schema",
    "extension",
    "extension-version",
    "enum",
    "domain",
    "composite",
    "range",
    "table",
    "column",
    "sequence",
    "constraint",
    "index",
    "view",
    "function",
    "trigger",
    "trigger-state",
    "policy",
    "grant",
    "default-privilege",
    "owner",
)
"""Kinds of difference, in the order in which they are listed.

`extension-version`, `trigger-state` and `owner` are attributes with a kind of their own: versions
grow with the major version, triggers are often disabled until the cutover, and owners are named
otherwise on another cluster, so that each can be ignored alone. `function` stands for procedures
and aggregates too, `view` for materialized views, `table` for foreign tables and partitions.
"""

IDENTITY = "identity"
"""Not listed: that a column is an identity, to which the sequence behind it belongs."""

WITHOUT_PRESENCE = frozenset({"grant", "default-privilege"})
"""Kinds that hold only what departs from PostgreSQL's defaults: no object is an empty one."""

PRESENCE = "presence"
"""The attribute of a difference when the whole object is on one side only."""

PRESENT = "present"


class Identity(NamedTuple):
    """What an object is found by on both sides: its kind and its name, qualified and quoted."""

    kind: str
    name: str


@dataclass(frozen=True)
class SchemaObject:
    """One object of a side's catalogue. An attribute that is not set is None or left out.

    `within` are the objects without which this one cannot exist: where one of them is missing,
    that says it all. `inherits` is the object of the parent table that this one follows: what
    differs there likewise is not listed again for every partition.
    """

    identity: Identity
    attributes: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    within: tuple[Identity, ...] = ()
    inherits: Identity | None = None


@dataclass(frozen=True)
class Schema:
    """The objects of one side, by identity.

    `version` is the server's `server_version_num`; `requested` the schemas that were asked for,
    None for all that are a user's.
    """

    version: int
    requested: tuple[str, ...] | None
    objects: Mapping[Identity, SchemaObject]

    def named(self, kind: str) -> tuple[str, ...]:
        """Return the names of the objects of a kind, sorted."""
        return tuple(sorted(name for each, name in self.objects if each == kind))


@dataclass(frozen=True)
class SchemaDifference:
    """An attribute of one object that differs; None on the side that has none.

    When the object itself is on one side only, the attribute is `presence`.
    """

    kind: str
    object: str
    attribute: str
    source: str | None
    target: str | None
