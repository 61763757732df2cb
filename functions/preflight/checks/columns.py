"""Columns whose type, or whose way to get its values, DMS does not carry as it is.

Sources: AWS DMS User Guide, "Source data types for PostgreSQL", "Migrating from PostgreSQL to
PostgreSQL using AWS DMS", "Setting LOB support for source databases in a task"; PostgreSQL manual,
"Identity Columns" and "Generated Columns".
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from functions.preflight.model import (
    BEFORE_LOAD,
    ON_BOTH,
    ON_SOURCE,
    ON_TARGET,
    Check,
    Facts,
    Judge,
    Problem,
    Rows,
    Severity,
    reading,
)
from functions.preflight.scope import COLUMNS
from functions.runtime.route import Side

GREATEST_PRECISION = 38
"""Digits of a NUMERIC that DMS carries as a number; more of them go as a string."""

LOBS = frozenset(
    {"array", "bytea", "composite", "hstore", "json", "jsonb", "path", "polygon", "text"}
    | {"tsquery", "tsvector", "xml"}
)
"""What DMS calls BLOB, CLOB or NCLOB."""

_OTHERS = frozenset(
    {"bit", "bool", "box", "bpchar", "cidr", "circle", "date", "enum", "float4", "float8"}
    | {"geography", "geometry", "inet", "int2", "int4", "int4range", "int8", "int8range"}
    | {"interval", "line", "lseg", "macaddr", "money", "numeric", "numrange", "point", "time"}
    | {"timestamp", "timestamptz", "timetz", "uuid", "varbit", "varchar"}
)
_OBJECT_IDENTIFIER = "oid"
_NO_MODIFIER = -1
_MODIFIER_OFFSET = 4


class Column(NamedTuple):
    """A row of scope.COLUMNS."""

    table: str
    name: str
    declared: str
    base: str
    modifier: int
    not_null: bool
    generated: str
    identity: str
    of_partition: bool
    partitioned: bool
    in_key: bool

    @property
    def label(self) -> str:
        """The column with its table: `schema.table.column`."""
        return f"{self.table}.{self.name}"

    @property
    def precision(self) -> int | None:
        """Digits of a NUMERIC, None without a bound (atttypmod, numeric.c)."""
        if self.modifier == _NO_MODIFIER:
            return None
        return ((self.modifier - _MODIFIER_OFFSET) >> 16) & 0xFFFF

    def altered(self, action: str) -> str:
        """Return the statement that alters the column."""
        return f"ALTER TABLE {self.table} ALTER COLUMN {self.name} {action}"


def columns(rows: Rows) -> tuple[Column, ...]:
    """Return the rows of scope.COLUMNS by name."""
    return tuple(Column(*row) for row in rows)


def _each(rule: Any) -> Judge:
    """Return a judge of columns; those of partitions are their parent's."""

    def judge(facts: Facts) -> Iterator[tuple[Side, Problem]]:
        for side in ON_BOTH:
            for column in columns(facts.rows(side)):
                problem = None if column.of_partition else rule(column, facts)
                if problem is not None:
                    yield side, problem

    return judge


def _bare_numeric(column: Column, facts: Facts) -> Problem | None:
    if column.base != "numeric" or column.precision is not None:
        return None
    as_text = facts.situation.task.numeric_as_text
    carries = (
        "With MapUnboundedNumericAsString DMS is documented to carry at most 28 digits of a change:"
        " compare after one with more,"
        if as_text
        else "DMS carries NUMERIC without precision as NUMERIC(28,6) and rounds in silence: set"
        " MapUnboundedNumericAsString on both endpoints,"
    )
    check = f"ALTER TABLE {column.table} ADD CONSTRAINT migration_numeric_fits CHECK"
    return Problem(
        column.label,
        f"{carries} or give it a precision, which fails and changes nothing if a value does not"
        " fit, and rewrites the table under a lock.",
        f"{check} ({column.name} = {column.name}::numeric(28, 6));"
        f" {column.altered('TYPE numeric(28, 6)')};"
        f" ALTER TABLE {column.table} DROP CONSTRAINT migration_numeric_fits",
        Severity.WARNING if as_text else None,
    )


def _wide_numeric(column: Column, _facts: Facts) -> Problem | None:
    if column.base != "numeric" or (column.precision or 0) <= GREATEST_PRECISION:
        return None
    return Problem(
        column.label,
        f"DMS carries {column.declared} as a string, because it has more than"
        f" {GREATEST_PRECISION} digits.",
        f"{column.altered('TYPE numeric(38, ' + str(min(_scale(column), 38)) + ')')}",
    )


def _scale(column: Column) -> int:
    return (column.modifier - _MODIFIER_OFFSET) & 0x7FF


def _object_identifier(column: Column, _facts: Facts) -> Problem | None:
    if column.base != _OBJECT_IDENTIFIER:
        return None
    return Problem(
        column.label,
        "DMS takes an OID for a reference to a large object and does not migrate it; as bigint it"
        " is carried, without what it refers to.",
        column.altered(f"TYPE bigint USING {column.name}::bigint"),
    )


def _unlisted(column: Column, _facts: Facts) -> Problem | None:
    if column.base in LOBS or column.base in _OTHERS or column.base == _OBJECT_IDENTIFIER:
        return None
    return Problem(
        column.label,
        f"{column.declared} is not among the types that DMS lists, and such types go as strings"
        " that may be cut or refused: try it with real values, and compare.",
    )


def _generated(column: Column, _facts: Facts) -> Problem | None:
    if not column.generated:
        return None
    return Problem(
        column.label,
        "It is generated, and PostgreSQL refuses the value that DMS would write: leave it out by a"
        " transformation rule that removes the column.",
    )


def _always(column: Column, _facts: Facts) -> Problem | None:
    if column.identity != "a":
        return None
    return Problem(
        column.label,
        "It is GENERATED ALWAYS, so PostgreSQL refuses the INSERT of a value that DMS makes of a"
        " change; BY DEFAULT takes it, and can be undone after the migration.",
        column.altered("SET GENERATED BY DEFAULT"),
    )


def _required_lob(column: Column, facts: Facts) -> Problem | None:
    if not (facts.situation.task.full_lob and column.base in LOBS and column.not_null):
        return None
    return Problem(
        column.label,
        "In full LOB mode DMS writes the row first, with NULL, and this column refuses that: use"
        " limited LOB mode, or let it take NULL until the cutover.",
        None if column.in_key else column.altered("DROP NOT NULL"),
    )


CHECKS = (
    Check(
        "unbounded-numeric",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(COLUMNS),
        _each(_bare_numeric),
        finds="NUMERIC without precision",
        matters="DMS rounds it to six places in silence; with the setting it carries 28 digits",
        remedy="a precision; or `MapUnboundedNumericAsString` on both endpoints, then a warning",
    ),
    Check(
        "wide-numeric",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(COLUMNS),
        _each(_wide_numeric),
        finds="NUMERIC of more than 38 digits",
        matters="DMS carries it as a string",
        remedy="a smaller precision",
    ),
    Check(
        "oid-columns",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(COLUMNS),
        _each(_object_identifier),
        finds="columns of type `oid` or `lo`",
        matters="DMS does not migrate them",
        remedy="make it `bigint`",
    ),
    Check(
        "unlisted-types",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(COLUMNS),
        _each(_unlisted),
        finds="types that DMS does not list",
        matters="they go as strings, which may be cut or refused",
        remedy="try it, and compare",
    ),
    Check(
        "generated-columns",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_SOURCE,
        reading(COLUMNS),
        _each(_generated),
        finds="generated columns",
        matters="the target refuses their values, so the load fails",
        remedy="a transformation rule that removes the column",
    ),
    Check(
        "identity-always",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(COLUMNS),
        _each(_always),
        finds="identity columns GENERATED ALWAYS",
        matters="an INSERT with a value is refused, there and on the way back",
        remedy="`SET GENERATED BY DEFAULT`",
    ),
    Check(
        "required-lobs",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_TARGET,
        reading(COLUMNS),
        _each(_required_lob),
        finds="LOB columns of the target that refuse NULL, in full LOB mode",
        matters="the load of their tables fails",
        remedy="limited LOB mode, or `DROP NOT NULL` until the cutover",
    ),
)
