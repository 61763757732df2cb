"""Compares two schemas: differences by object, each said once."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.schema.model import (
    KINDS,
    PRESENCE,
    PRESENT,
    WITHOUT_PRESENCE,
    Identity,
    Schema,
    SchemaDifference,
    SchemaObject,
)
from functions.data_validation.schema.text import identifier
from functions.data_validation.schema.versions import Versions


@dataclass(frozen=True)
class Unmatched:
    """Tables and columns that are on one side only: no data can be compared there.

    Names are qualified and quoted as in differences. Columns are those of tables on both sides;
    partitions are no tables of their own here, their rows are the partitioned table's.
    """

    tables_on_source: tuple[str, ...]
    tables_on_target: tuple[str, ...]
    columns_on_source: tuple[str, ...]
    columns_on_target: tuple[str, ...]


def compare(
    source: Schema, target: Schema, ignore: Collection[str] = ()
) -> tuple[SchemaDifference, ...]:
    """Return the differences but those of ignored kinds, in the order of KINDS, then by name.

    An object that is missing is one difference, and nothing that it contains is listed; neither is
    what a partition has from its parent. Ignoring a kind changes nothing about the others. Raises
    UnusableInputError for an unknown kind, and for a requested schema that neither side has.
    """
    unknown = sorted(set(ignore) - set(KINDS))
    if unknown:
        raise UnusableInputError(
            f"unknown kinds of schema difference: {', '.join(unknown)}; use {', '.join(KINDS)}"
        )
    _require_requested(source, target)
    comparison = _Comparison(source, target)
    differences = (
        difference
        for identity in source.objects.keys() | target.objects.keys()
        if identity.kind in KINDS and identity.kind not in ignore
        for difference in comparison.differences(identity)
    )
    return tuple(sorted(differences, key=_order))


def unmatched(source: Schema, target: Schema) -> Unmatched:
    """Return the tables and columns that only one side has, whatever is ignored or implied."""
    return Unmatched(
        tables_on_source=_tables_without(target, source),
        tables_on_target=_tables_without(source, target),
        columns_on_source=_columns_without(target, source),
        columns_on_target=_columns_without(source, target),
    )


def _tables_without(other: Schema, one: Schema) -> tuple[str, ...]:
    return tuple(
        sorted(
            each.identity.name
            for each in one.objects.values()
            if each.identity.kind == "table"
            and each.identity not in other.objects
            and each.attributes["partition of"] is None
        )
    )


def _columns_without(other: Schema, one: Schema) -> tuple[str, ...]:
    return tuple(
        sorted(
            each.identity.name
            for each in one.objects.values()
            if each.identity.kind == "column"
            and each.identity not in other.objects
            and all(table in other.objects for table in each.within)
            and not (each.inherits in one.objects and each.inherits not in other.objects)
        )
    )


def _require_requested(source: Schema, target: Schema) -> None:
    names = {*(source.requested or ()), *(target.requested or ())}
    present = {*source.named("schema"), *target.named("schema")}
    missing = sorted(name for name in names if identifier(name) not in present)
    if missing:
        raise UnusableInputError(f"neither side has these schemas: {', '.join(missing)}")


def _order(difference: SchemaDifference) -> tuple[int, str, str]:
    return KINDS.index(difference.kind), difference.object, difference.attribute


def _substance(difference: SchemaDifference) -> tuple[str, str | None, str | None]:
    return difference.attribute, difference.source, difference.target


class _Comparison:
    def __init__(self, source: Schema, target: Schema) -> None:
        self._source = source
        self._target = target
        self._versions = Versions(source, target)

    def differences(self, identity: Identity) -> Iterator[SchemaDifference]:
        source = self._source.objects.get(identity)
        target = self._target.objects.get(identity)
        if source is None or target is None:
            one, other = (source, self._target) if source else (target, self._source)
            if one is None or self._explained(one, other):
                return
        origin = next((each.inherits for each in (source, target) if each and each.inherits), None)
        of_origin = [] if origin is None else [_substance(each) for each in self._raw(origin)]
        for difference in self._raw(identity):
            if _substance(difference) not in of_origin:
                yield difference

    def _explained(self, one: SchemaObject, other: Schema) -> bool:
        """Return whether the other side lacks what this object, which it lacks too, is within."""
        own = self._source if other is self._target else self._target
        return any(each in own.objects and each not in other.objects for each in one.within)

    def _raw(self, identity: Identity) -> Iterator[SchemaDifference]:
        source = self._source.objects.get(identity)
        target = self._target.objects.get(identity)
        kind, name = identity
        if (source is None or target is None) and kind not in WITHOUT_PRESENCE:
            on_source, on_target = (PRESENT if each else None for each in (source, target))
            if on_source or on_target:
                yield SchemaDifference(kind, name, PRESENCE, on_source, on_target)
            return
        values, other_values = (each.attributes if each else {} for each in (source, target))
        for attribute in sorted(values.keys() | other_values.keys()):
            value, other = values.get(attribute), other_values.get(attribute)
            if not self._versions.same(identity, attribute, value, other):
                yield SchemaDifference(kind, name, attribute, value, other)
