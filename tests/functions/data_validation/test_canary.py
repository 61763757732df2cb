"""The fast method is used only where both servers prove that they hash alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from functions.data_validation.canary import choose_method
from functions.data_validation.expressions import Method, native
from functions.data_validation.samples import SAMPLES
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.subject import KeysetSpan, Subject
from functions.data_validation.tables import Column, Kind
from functions.runtime.errors import SideUnavailableError
from functions.runtime.route import Side
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.support import Clusters

pytestmark = pytest.mark.postgres
SIDES = pytest.mark.parametrize("side", ["source", "target"])


def run_as_superuser(databases: Databases, side: str, statement: str) -> None:
    """Change the catalogue of this test's own database.

    A built-in function that is replaced by one in SQL takes effect where the planner puts its body
    in place of the call, which needs a body that is as strict as the function.
    """
    with databases.superuser(side) as connection:
        connection.execute(statement.encode())


@dataclass(frozen=True)
class Altered:
    """A session whose answers to a few questions are those of some other server."""

    session: Session
    answers: dict[str, str]

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        for question, answer in self.answers.items():
            statement = statement.replace(question, answer)
        return self.session.run(statement, parameters)

    def close(self) -> None:
        self.session.close()


def test_servers_of_two_major_versions_hash_alike(databases: Databases) -> None:
    agreement = choose_method(databases.sides())
    assert agreement.method is Method.RECORD
    assert agreement.reasons == ()
    assert agreement.disagreeing_bases == frozenset()


@SIDES
def test_a_hash_function_that_may_not_be_executed_leaves_the_portable_method(
    databases: Databases, side: str
) -> None:
    run_as_superuser(databases, side, "REVOKE EXECUTE ON FUNCTION hash_record_extended FROM PUBLIC")
    agreement = choose_method(databases.sides())
    assert agreement.method is Method.PORTABLE
    assert "refuses" in agreement.reasons[0]
    assert agreement.disagreeing_bases == frozenset()


@SIDES
def test_a_hash_function_with_another_result_leaves_the_portable_method(
    databases: Databases, side: str
) -> None:
    run_as_superuser(
        databases,
        side,
        "CREATE OR REPLACE FUNCTION pg_catalog.hashint8extended(bigint, bigint) RETURNS bigint"
        " LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2'",
    )
    agreement = choose_method(databases.sides())
    assert agreement.method is Method.PORTABLE
    assert any("differently" in reason for reason in agreement.reasons)


@SIDES
def test_one_type_that_hashes_differently_is_enough(databases: Databases, side: str) -> None:
    run_as_superuser(
        databases,
        side,
        "CREATE OR REPLACE FUNCTION pg_catalog.timetz_send(timetz) RETURNS bytea"
        " LANGUAGE sql STABLE STRICT AS 'SELECT textsend($1::text)'",
    )
    agreement = choose_method(databases.sides())
    assert agreement.method is Method.PORTABLE
    assert agreement.reasons == ('the servers hash pg_catalog."timetz" differently',)


def test_the_portable_method_is_exact_where_the_fast_one_is_forbidden(databases: Databases) -> None:
    run_as_superuser(
        databases, "target", "REVOKE EXECUTE ON FUNCTION hash_record_extended FROM PUBLIC"
    )
    databases.execute(
        "CREATE TABLE t (id int8 PRIMARY KEY, v numeric); INSERT INTO t VALUES (1, 1.0), (2, 2)",
        "CREATE TABLE t (id int8 PRIMARY KEY, v numeric); INSERT INTO t VALUES (1, 1.00), (2, 2)",
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.t"), choose_method(sides).method)
    for until, equal in ((("1",), False), (None, True)):
        span = KeysetSpan(None if until else ("1",), until)
        source = subject.digest(sides.source, Side.SOURCE, span, 1)
        target = subject.digest(sides.target, Side.TARGET, span, 1)
        assert (source == target) is equal


def test_different_encodings_leave_the_portable_method(clusters: Clusters) -> None:
    with fresh_databases(clusters, encoding="LATIN1") as databases:
        databases.execute(
            "CREATE TABLE t (id int8 PRIMARY KEY, v text, c char(5), b bpchar);"
            "INSERT INTO t VALUES (1, 'naïve', 'é', 'é ')"
        )
        sides = databases.sides()
        agreement = choose_method(sides)
        assert agreement.method is Method.PORTABLE
        assert agreement.reasons == ("the databases' encodings differ: UTF8 and LATIN1",)
        assert agreement.disagreeing_bases == frozenset()
        subject = Subject(databases.pair(sides, "public.t"), agreement.method)
        span = KeysetSpan(None, None)
        digest = subject.digest(sides.source, Side.SOURCE, span, 1)
        assert digest == subject.digest(sides.target, Side.TARGET, span, 1)


def test_a_server_without_the_hash_of_records_leaves_the_portable_method(
    databases: Databases,
) -> None:
    sides = databases.sides()
    old = Altered(sides.source, {"current_setting('server_version_num')": "'130022'"})
    agreement = choose_method(Sides(old, sides.target))
    assert agreement.method is Method.PORTABLE
    assert agreement.reasons == ("PostgreSQL 13 has no 64-bit hash of a record",)


def test_types_that_the_servers_write_differently_are_named(databases: Databases) -> None:
    sides = databases.sides()
    sides.target.run("SET extra_float_digits = -3")
    agreement = choose_method(sides)
    assert {"float4", "float8", "float8[]", "point", "path"} <= agreement.disagreeing_bases
    assert agreement.disagreeing_bases.isdisjoint({"numeric", "text", "int8", "timestamptz"})


def column(kind: Kind, base: str) -> Column:
    return Column("v", base, kind, base, -1, None)


@pytest.mark.parametrize(
    ("others", "tried"),
    [
        ((), False),
        ((column(Kind.BASE, "bool"), column(Kind.ENUM, "shop.status")), False),
        ((column(Kind.BASE, "float8"),), True),
        ((column(Kind.ARRAY, "int4[]"),), True),
        ((column(Kind.COMPOSITE, "shop.price"),), True),
        ((column(Kind.RANGE, "shop.price_range"),), True),
        ((column(Kind.BASE, "public.citext"),), True),
    ],
)
def test_a_type_is_tried_where_columns_may_have_values_of_it(
    databases: Databases, others: tuple[Column, ...], tried: bool
) -> None:
    sides = databases.sides()
    sides.target.run("SET extra_float_digits = -3")
    agreement = choose_method(sides, {column(Kind.BASE, "numeric"), *others})
    assert ("float8" in agreement.disagreeing_bases) is tried


def test_types_of_which_hashes_are_made_are_always_tried(databases: Databases) -> None:
    run_as_superuser(
        databases,
        "target",
        "CREATE OR REPLACE FUNCTION pg_catalog.hashint8extended(bigint, bigint) RETURNS bigint"
        " LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2'",
    )
    assert choose_method(databases.sides(), ()).method is Method.PORTABLE


def test_a_type_that_one_server_does_not_have_disturbs_no_other(databases: Databases) -> None:
    sides = databases.sides()
    lacking = Altered(sides.source, {"s.t::nummultirange": "s.t::no_such_type"})
    agreement = choose_method(Sides(lacking, sides.target))
    assert agreement.method is Method.RECORD
    assert agreement.disagreeing_bases == frozenset()


def test_a_lost_connection_is_no_disagreement(databases: Databases) -> None:
    sides = databases.sides()
    ((process,),) = sides.source.run("SELECT pg_backend_pid()")
    databases.source.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))
    with pytest.raises(SideUnavailableError):
        choose_method(sides)


def test_every_type_that_is_hashed_without_its_text_has_samples() -> None:
    sampled = {sample.column.base for sample in SAMPLES if native(sample.pair)}
    assert sampled == {
        *("bool", "bpchar", "bytea", "char", "cidr", "date", "float4", "float8", "inet", "int2"),
        *("int4", "int8", "interval", "macaddr", "macaddr8", "money", "name", "oid", "pg_lsn"),
        *("text", "time", "timestamp", "timestamptz", "timetz", "uuid", "varchar"),
    }
