"""Before a validation: what is compared, how, and in which items. After it: the report.

The plan is all that the steps between have to share. It is plain data, kept with the checkpoints,
so that every step may run in another process.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from functions.data_validation.canary import Agreement, choose_method
from functions.data_validation.catalog import match, read_tables
from functions.data_validation.cursor import Cursor, Item
from functions.data_validation.direction import Direction, with_direction
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.plain_data import dumped, loaded
from functions.data_validation.planning import plan as plan_items
from functions.data_validation.report import Conditions, Report, TableOnOneSide, table_report
from functions.data_validation.samples import SAMPLED_BASES
from functions.data_validation.schema import compare, read_schema
from functions.data_validation.schema.model import SchemaDifference
from functions.data_validation.schema.text import qualified
from functions.data_validation.schema_scope import of_tables
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.tables import Column, Kind, Table, TablePair

VERSION = 1
ROWS_PER_ITEM = 2_000_000


@dataclass(frozen=True)
class Selection:
    """What is asked for: all that a verdict depends on, besides the data.

    None for `schemas` or `tables` means every one that is a user's; `tables` are `schema.table`.
    `replication` is a choice of positions.choose_positions, and goes in this `direction`; `ignored`
    are schema.KINDS.
    """

    schemas: tuple[str, ...] | None = None
    tables: tuple[str, ...] | None = None
    replication: str = "auto"
    seed: int = 0
    compare_schema: bool = True
    ignored: tuple[str, ...] = ()
    rows_per_item: int = ROWS_PER_ITEM
    direction: Direction = Direction.FORWARD


@dataclass(frozen=True)
class PlannedTable:
    """A table that both sides have; fields as in report.TableReport."""

    table: str
    estimated_rows: int
    columns_on_one_side: tuple[str, ...]
    uncertifiable: str | None


@dataclass(frozen=True)
class Plan:
    """A validation that can begin, or be gone on with. `fingerprint` is of what is compared."""

    run: str
    started: str
    selection: Selection
    fingerprint: str
    conditions: Conditions
    schema: tuple[SchemaDifference, ...]
    on_one_side: tuple[TableOnOneSide, ...]
    tables: tuple[PlannedTable, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Catalogue:
    """The tables of both sides, paired, and what the databases are known by."""

    pairs: Mapping[str, TablePair]
    on_one_side: tuple[TableOnOneSide, ...]
    fingerprint: str

    def pair(self, item: Item) -> TablePair:
        """Return the tables that an item is a part of."""
        return self.pairs[item.label]


def read_catalogue(writers: Sides, selection: Selection) -> Catalogue:
    """Read which tables there are. Raises UnusableInputError when there is nothing to compare."""
    source, target = writers.both(
        lambda session: _without_sentinel(
            read_tables(session, selection.schemas, selection.tables), selection
        )
    )
    _require_found(selection, [*source, *target])
    pairs = {pair.label: pair for pair in sorted(match(source, target), key=lambda p: p.label)}
    alone = [
        TableOnOneSide(table.label, side)
        for side, tables in (("source", source), ("target", target))
        for table in tables
        if table.label not in pairs
    ]
    _require_two(writers)
    databases = writers.both(_database)
    return Catalogue(
        pairs,
        tuple(sorted(alone, key=lambda one: (one.table, one.side))),
        _fingerprint(databases, tuple(pairs.values())),
    )


def prepare(
    writers: Sides,
    selection: Selection,
    catalogue: Catalogue,
    *,
    run: str,
    started: str,
    replication: str | None = None,
) -> Plan:
    """Compare the schemas, choose the row hash, and cut the tables into items.

    `started` is ISO 8601 in UTC; `replication` is the selection's without `auto`, as positions
    describe themselves. Raises UnusableInputError and DatabaseError.
    """
    agreement = choose_method(writers, _columns(catalogue))
    tables = tuple(_planned(pair, agreement) for pair in catalogue.pairs.values())
    certifiable = [
        catalogue.pairs[planned.table] for planned in tables if planned.uncertifiable is None
    ]
    source_version, target_version = writers.both(_version)
    return Plan(
        run=run,
        started=started,
        selection=selection,
        fingerprint=catalogue.fingerprint,
        conditions=Conditions(
            source_version=source_version,
            target_version=target_version,
            method=str(agreement.method),
            method_reasons=agreement.reasons,
            seed=selection.seed,
            replication=replication or selection.replication,
            schema_compared=selection.compare_schema,
            schema_ignored=selection.ignored,
            direction=selection.direction,
        ),
        schema=_schema_differences(writers, selection, catalogue),
        on_one_side=catalogue.on_one_side,
        tables=tables,
        items=plan_items(writers.source, certifiable, selection.rows_per_item),
    )


def finish(
    plan: Plan, cursors: Sequence[Cursor], ended: str, hindrance: str | None = None
) -> Report:
    """Return the report of a plan whose items came as far as `cursors`, in any order.

    `hindrance` says why the target may never get to where the source is (positions' reason()).
    """
    by_table: dict[str, list[Cursor]] = {planned.table: [] for planned in plan.tables}
    for cursor in cursors:
        by_table[cursor.item.label].append(cursor)
    return Report(
        run=plan.run,
        started=plan.started,
        ended=ended,
        conditions=plan.conditions,
        hindrance=hindrance,
        schema=plan.schema,
        on_one_side=plan.on_one_side,
        tables=tuple(
            table_report(
                planned.table,
                by_table[planned.table],
                columns_on_one_side=planned.columns_on_one_side,
                uncertifiable=planned.uncertifiable,
            )
            for planned in plan.tables
        ),
    )


def dump_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON's types."""
    return {"version": VERSION, "plan": dumped(plan)}


def load_plan(document: Mapping[str, Any]) -> Plan:
    """Return the plan that `dump_plan` wrote. Raises CheckpointError for any other document."""
    version = document.get("version")
    if version != VERSION:
        raise CheckpointError(f"the plan has version {version!r}, this program reads {VERSION}")
    plan = document.get("plan")
    if isinstance(plan, dict):
        parts = {name: with_direction(plan.get(name)) for name in ("selection", "conditions")}
        plan = {**plan, **parts}
    return loaded(Plan, plan, "plan")


def require_same(plan: Plan, selection: Selection, catalogue: Catalogue) -> None:
    """Raise UnusableInputError unless a plan is still one for what is asked for now."""
    if plan.selection != selection:
        raise UnusableInputError(
            f"run {plan.run} was begun with other options: {_differing(plan.selection, selection)}"
        )
    if plan.fingerprint != catalogue.fingerprint:
        raise UnusableInputError(
            f"run {plan.run} was begun on other databases, or their tables have changed since"
        )


def _columns(catalogue: Catalogue) -> frozenset[Column]:
    pairs = (columns for pair in catalogue.pairs.values() for columns in pair.columns)
    return frozenset(column for both in pairs for column in (both.source, both.target))


def _planned(pair: TablePair, agreement: Agreement) -> PlannedTable:
    source = {column.name for column in pair.source.columns}
    target = {column.name for column in pair.target.columns}
    return PlannedTable(
        table=pair.label,
        estimated_rows=pair.estimated_rows,
        columns_on_one_side=tuple(sorted(source ^ target)),
        uncertifiable=_uncertifiable(pair, agreement),
    )


def _uncertifiable(pair: TablePair, agreement: Agreement) -> str | None:
    if not pair.columns and (pair.source.columns or pair.target.columns):
        return "the sides have no column in common"
    bases = {
        column.base
        for columns in pair.columns
        for column in (columns.source, columns.target)
        if _doubtful(column, agreement.disagreeing_bases)
    }
    if not bases:
        return None
    return f"the servers write values of these types differently: {', '.join(sorted(bases))}"


def _doubtful(column: Column, disagreeing: Collection[str]) -> bool:
    """Return whether the servers may write a column's values differently.

    What has parts of any type, or was never tried, is in doubt as soon as one type disagrees.
    Labels of an enum are themselves.
    """
    if not disagreeing or column.kind is Kind.ENUM:
        return False
    compound = column.kind in (Kind.COMPOSITE, Kind.RANGE, Kind.MULTIRANGE)
    return compound or column.base in disagreeing or column.base not in SAMPLED_BASES


def _schema_differences(
    writers: Sides, selection: Selection, catalogue: Catalogue
) -> tuple[SchemaDifference, ...]:
    if not selection.compare_schema:
        return ()
    schemas = writers.both(lambda session: read_schema(session, selection.schemas))
    differences = compare(*schemas, selection.ignored)
    if selection.tables is None:
        return differences
    return of_tables(differences, schemas, catalogue.pairs.values())


def _without_sentinel(tables: Sequence[Table], selection: Selection) -> list[Table]:
    """Leave out the table that positions count in: it never stands still while they are asked."""
    kind, _, sentinel = selection.replication.partition(":")
    left_out = kind == "sentinel" and sentinel not in (selection.tables or ())
    return [table for table in tables if not (left_out and table.label == sentinel)]


def _require_two(writers: Sides) -> None:
    """Raise UnusableInputError for one database given twice: of course it is equal to itself.

    Copies of a volume have the same identifiers, so it is the server that has to be another.
    """
    source, target = writers.both(
        lambda session: session.run(
            "SELECT current_database()::text, pg_postmaster_start_time()::text, oid::bigint"
            " FROM pg_catalog.pg_database WHERE datname = current_database()"
        )
    )
    if source == target:
        raise UnusableInputError(f"source and target are the same database, {source[0][0]}")


def _require_found(selection: Selection, tables: Sequence[Table]) -> None:
    """Raise UnusableInputError for a name that was misspelt: what it means would go unproven."""
    names = {
        name
        for table in tables
        for name in (f"{table.schema}.{table.name}", qualified(table.schema, table.name))
    }
    unknown = sorted(set(selection.tables or ()) - names)
    if unknown:
        raise UnusableInputError(
            f"neither side has a table {', '.join(unknown)}"
            " (rows of a partition are its root table's, views have none of their own)"
        )
    empty = sorted(set(selection.schemas or ()) - {table.schema for table in tables})
    if empty:
        raise UnusableInputError(f"neither side has a table in schema {', '.join(empty)}")
    if not tables:
        raise UnusableInputError("neither side has a table outside the system's schemas")


def _version(session: Session) -> str:
    ((version,),) = session.run("SHOW server_version")
    return str(version).partition(" ")[0]


def _database(session: Session) -> tuple[object, ...]:
    (row,) = session.run(
        "SELECT datname::text, oid::bigint FROM pg_catalog.pg_database"
        " WHERE datname = current_database()"
    )
    return row


def _fingerprint(databases: object, pairs: Sequence[TablePair]) -> str:
    def lasting(table: Table) -> Table:
        return replace(table, estimated_rows=0)

    shapes = [
        replace(pair, source=lasting(pair.source), target=lasting(pair.target)) for pair in pairs
    ]
    return hashlib.sha256(repr((databases, shapes)).encode()).hexdigest()


def _differing(before: Selection, now: Selection) -> str:
    old, new = dumped(before), dumped(now)
    return ", ".join(f"{name} was {old[name]}" for name in old if old[name] != new[name])
