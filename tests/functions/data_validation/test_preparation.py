"""What is compared at all: no table is lost, doubted or certified for a wrong reason."""

import pytest

from functions.data_validation.canary import Agreement
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.expressions import Method
from functions.data_validation.preparation import (
    Catalogue,
    PlannedTable,
    Selection,
    prepare,
    read_catalogue,
)
from functions.data_validation.report import Outcome
from functions.data_validation.run import validate
from functions.data_validation.sessions import Sides
from functions.data_validation.workers import Endpoints
from tests.functions.data_validation.support import Databases
from validation.psycopg_session import connect

pytestmark = pytest.mark.postgres

ROWS_ONLY = Selection(compare_schema=False)


def outcomes(databases: Databases) -> dict[str, tuple[str, int]]:
    source, target = databases.urls
    report = validate(Endpoints(lambda: connect(source), lambda: connect(target)), ROWS_ONLY)
    return {table.table: (table.outcome, table.totals.source_rows) for table in report.tables}


def test_tables_whose_names_run_together_alike_are_two_tables(databases: Databases) -> None:
    databases.execute(
        'CREATE SCHEMA a; CREATE TABLE a."b.c" (id int PRIMARY KEY);'
        'CREATE SCHEMA "a.b"; CREATE TABLE "a.b".c (id int PRIMARY KEY)'
    )
    databases.target.execute('INSERT INTO "a.b".c VALUES (1)')
    assert outcomes(databases) == {
        'a."b.c"': (Outcome.EQUAL, 0),
        '"a.b".c': (Outcome.DIFFERENT, 0),
    }
    databases.execute('TRUNCATE "a.b".c')
    databases.target.execute('INSERT INTO a."b.c" VALUES (1)')
    assert outcomes(databases) == {
        'a."b.c"': (Outcome.DIFFERENT, 0),
        '"a.b".c': (Outcome.EQUAL, 0),
    }


def test_one_database_given_twice_is_refused(databases: Databases) -> None:
    databases.execute("CREATE TABLE orders (id int PRIMARY KEY)")
    twice = Sides(databases.session("source"), databases.session("source"))
    with pytest.raises(UnusableInputError, match=f"the same database, {databases.name}"):
        read_catalogue(twice, ROWS_ONLY)


def test_rows_of_a_table_without_columns_are_counted(databases: Databases) -> None:
    databases.execute("CREATE TABLE bare (); INSERT INTO bare SELECT FROM generate_series(1, 5)")
    assert outcomes(databases) == {"public.bare": (Outcome.EQUAL, 5)}
    databases.target.execute("INSERT INTO bare SELECT")
    assert outcomes(databases) == {"public.bare": (Outcome.DIFFERENT, 5)}


def planned(databases: Databases, monkeypatch: pytest.MonkeyPatch, *bases: str) -> PlannedTable:
    """Plan the only table there is, as if the servers wrote some types differently."""
    agreement = Agreement(Method.RECORD, disagreeing_bases=frozenset(bases))
    monkeypatch.setattr(
        "functions.data_validation.preparation.choose_method", lambda sides, columns: agreement
    )
    sides = databases.sides()
    catalogue: Catalogue = read_catalogue(sides, ROWS_ONLY)
    plan = prepare(sides, ROWS_ONLY, catalogue, run="r", started="2026-01-01T00:00:00Z")
    (table,) = plan.tables
    return table


@pytest.mark.parametrize(
    ("sql_type", "doubted"),
    [
        ("price", "public.price"),
        ("price[]", "public.price[]"),
        ("amount[]", "public.amount[]"),
        ("floats", "public.floats"),
        ("float8", "float8"),
        ("xid8", "xid8"),
    ],
)
def test_a_type_that_may_have_disagreeing_parts_cannot_be_certified(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, sql_type: str, doubted: str
) -> None:
    databases.execute(
        "CREATE DOMAIN amount AS float8; CREATE TYPE price AS (value amount, currency text);"
        "CREATE TYPE floats AS RANGE (SUBTYPE = float8);"
        f"CREATE TABLE prices (id int PRIMARY KEY, price {sql_type})"
    )
    table = planned(databases, monkeypatch, "float8", "float8[]")
    assert table.uncertifiable == (
        f"the servers write values of these types differently: {doubted}"
    )
    assert planned(databases, monkeypatch).uncertifiable is None


@pytest.mark.parametrize("sql_type", ["numeric", "status", "text[]", "jsonb"])
def test_types_without_disagreeing_parts_are_not_doubted(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, sql_type: str
) -> None:
    databases.execute(
        f"CREATE TYPE status AS ENUM ('new'); CREATE TABLE prices (id int, price {sql_type})"
    )
    assert planned(databases, monkeypatch, "float8", "float8[]").uncertifiable is None
