"""What is read from the system catalogue: tables, columns, keys, and how a key is sorted."""

from collections.abc import Iterator

import pytest

from functions.data_validation.catalog import match, read_tables
from functions.data_validation.orders import Collation
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.tables import Kind, Table
from tests.functions.data_validation.support import Databases

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE SCHEMA pay; CREATE SCHEMA "Odd one";
CREATE TYPE pay.status AS ENUM ('new');
CREATE TYPE pay.part AS (a int4);
CREATE TYPE pay.span AS RANGE (subtype = numeric);
CREATE DOMAIN pay.cents AS int8;
CREATE DOMAIN pay.small AS pay.cents;
CREATE DOMAIN pay.amount AS numeric(12, 2);
CREATE DOMAIN pay.code AS char(4);
CREATE TABLE pay.columns (
    a int8 PRIMARY KEY, b pay.small, c pay.amount, d pay.code, e numeric(10, 3), f varchar(7),
    g pay.status, h pay.status[], i pay.part, j pay.span, k int4[], l int4range, m int4multirange,
    n text COLLATE "C", o "char", gone text, p timestamptz(3), q pay.cents[]);
ALTER TABLE pay.columns DROP gone;
CREATE TABLE "Odd one"."a ""b" ("X y" int8 PRIMARY KEY);
CREATE TABLE pay.root (id int8, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE pay.first PARTITION OF pay.root FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE pay.rest PARTITION OF pay.root DEFAULT;
CREATE TABLE pay.awsdms_ddl_audit (id int8 PRIMARY KEY);
CREATE TEMPORARY TABLE passing (id int8);
CREATE VIEW pay.view AS SELECT 1;
CREATE MATERIALIZED VIEW pay.materialized AS SELECT 1;
CREATE EXTENSION citext SCHEMA public;
"""

KEYS = """
CREATE TABLE plain (a int4, b int4);
CREATE TABLE pk (a int4, b int4 NOT NULL UNIQUE, c text, PRIMARY KEY (c, a));
CREATE TABLE nullable (a int4 UNIQUE);
CREATE TABLE partial (a int4 NOT NULL); CREATE UNIQUE INDEX ON partial (a) WHERE a > 0;
CREATE TABLE expression (a int4 NOT NULL); CREATE UNIQUE INDEX ON expression ((a + 1));
CREATE TABLE deferred (a int4 NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE deferred_pk (a int4 PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE two (a int4 NOT NULL, b int4 NOT NULL, c int4 NOT NULL, UNIQUE (a, b), UNIQUE (c));
CREATE TABLE identity (a int4 NOT NULL UNIQUE, b int4 NOT NULL, c int4 NOT NULL);
CREATE UNIQUE INDEX identity_index ON identity (c, b);
ALTER TABLE identity REPLICA IDENTITY USING INDEX identity_index;
CREATE TABLE including (a int4 NOT NULL, b int4); CREATE UNIQUE INDEX ON including (a) INCLUDE (b);
CREATE TABLE operators (a text NOT NULL); CREATE UNIQUE INDEX ON operators (a text_pattern_ops);
CREATE TABLE collated (a text NOT NULL); CREATE UNIQUE INDEX ON collated (a COLLATE "POSIX");
CREATE TABLE own_collation (a text COLLATE "C" NOT NULL UNIQUE);
"""
EXPECTED_KEYS = {
    "plain": (),
    "pk": ("c", "a"),
    "nullable": (),
    "partial": (),
    "expression": (),
    "deferred": (),
    "deferred_pk": ("a",),
    "two": ("c",),
    "identity": ("c", "b"),
    "including": ("a",),
    "operators": (),
    "collated": (),
    "own_collation": ("a",),
}


@pytest.fixture(scope="module")
def sides(shared_databases: Databases) -> Iterator[Sides]:
    shared_databases.execute(SCHEMA + KEYS)
    yield shared_databases.sides()


@pytest.fixture(params=["source", "target"])
def session(request: pytest.FixtureRequest, sides: Sides) -> Session:
    return sides.source if request.param == "source" else sides.target


def labels(tables: tuple[Table, ...]) -> list[str]:
    return [table.label for table in tables]


def table(session: Session, label: str) -> Table:
    (found,) = read_tables(session, None, [label])
    return found


def test_users_tables_are_read_and_nothing_else(session: Session) -> None:
    found = labels(read_tables(session, ["pay", "Odd one", "pg_catalog"], None))
    assert found == ['Odd one.a "b', "pay.columns", "pay.root"]
    every = read_tables(session, None, None)
    assert {one.schema for one in every} == {"pay", "Odd one", "public"}
    assert labels(every) == sorted(labels(every))


@pytest.mark.parametrize("name", ['Odd one.a "b', '"Odd one"."a ""b"'])
def test_a_table_is_chosen_by_its_name_as_it_is_or_quoted(session: Session, name: str) -> None:
    assert labels(read_tables(session, None, [name])) == ['Odd one.a "b']


def test_names_that_no_table_has_are_passed_over(session: Session) -> None:
    assert read_tables(session, None, ["pay.nothing"]) == ()
    assert read_tables(session, ["nowhere"], None) == ()
    assert labels(read_tables(session, None, ["pay.nothing", "pay.root"])) == ["pay.root"]


def test_columns_are_described_with_domains_looked_through(session: Session) -> None:
    described = {
        column.name: (column.type, column.kind, column.base, column.modifier)
        for column in table(session, "pay.columns").columns
    }
    assert described == {
        "a": ("bigint", Kind.BASE, "int8", -1),
        "b": ("pay.small", Kind.BASE, "int8", -1),
        "c": ("pay.amount", Kind.BASE, "numeric", (12 << 16 | 2) + 4),
        "d": ("pay.code", Kind.BASE, "bpchar", 4 + 4),
        "e": ("numeric(10,3)", Kind.BASE, "numeric", (10 << 16 | 3) + 4),
        "f": ("character varying(7)", Kind.BASE, "varchar", 7 + 4),
        "g": ("pay.status", Kind.ENUM, "pay.status", -1),
        "h": ("pay.status[]", Kind.ARRAY, "pay.status[]", -1),
        "i": ("pay.part", Kind.COMPOSITE, "pay.part", -1),
        "j": ("pay.span", Kind.RANGE, "pay.span", -1),
        "k": ("integer[]", Kind.ARRAY, "int4[]", -1),
        "l": ("int4range", Kind.RANGE, "int4range", -1),
        "m": ("int4multirange", Kind.MULTIRANGE, "int4multirange", -1),
        "n": ("text", Kind.BASE, "text", -1),
        "o": ('"char"', Kind.BASE, "char", -1),
        "p": ("timestamp(3) with time zone", Kind.BASE, "timestamptz", 3),
        "q": ("pay.cents[]", Kind.ARRAY, "pay.cents[]", -1),
    }


def test_a_key_is_the_primary_key_or_the_best_index_that_can_serve_as_one(
    session: Session,
) -> None:
    found = {one.name: one.key for one in read_tables(session, ["public"], None)}
    assert found == EXPECTED_KEYS


def test_not_null_that_was_never_validated_makes_no_key(databases: Databases) -> None:
    databases.target.execute(
        "CREATE TABLE t (a int4 UNIQUE); INSERT INTO t VALUES (NULL);"
        "ALTER TABLE t ADD CONSTRAINT later NOT NULL a NOT VALID"
    )
    target = databases.session("target")
    assert table(target, "public.t").key == ()
    databases.target.execute("DELETE FROM t; ALTER TABLE t VALIDATE CONSTRAINT later")
    assert table(target, "public.t").key == ("a",)


def test_partitions_are_part_of_their_root(session: Session) -> None:
    root = table(session, "pay.root")
    assert root.partitioned
    assert root.relation == '"pay"."root"'
    assert root.key == ("id", "at")
    assert not table(session, "pay.columns").partitioned


def test_rows_are_estimated_with_and_without_statistics(databases: Databases) -> None:
    databases.execute(
        "CREATE TABLE fresh (id int8, note text) WITH (autovacuum_enabled = off);"
        "INSERT INTO fresh SELECT i, md5(i::text) FROM generate_series(1, 10000) AS i;"
        "CREATE TABLE known (id int8, note text) WITH (autovacuum_enabled = off);"
        "INSERT INTO known SELECT i, md5(i::text) FROM generate_series(1, 10000) AS i;"
        "ANALYZE known;"
        "INSERT INTO known SELECT i, md5(i::text) FROM generate_series(1, 10000) AS i;"
        "CREATE TABLE root (id int8, note text) PARTITION BY HASH (id);"
        "CREATE TABLE one PARTITION OF root FOR VALUES WITH (MODULUS 2, REMAINDER 0)"
        " WITH (autovacuum_enabled = off);"
        "CREATE TABLE two PARTITION OF root FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
        " WITH (autovacuum_enabled = off);"
        "INSERT INTO root SELECT i, md5(i::text) FROM generate_series(1, 10000) AS i;"
        "ANALYZE root;"
        "CREATE TABLE empty (id int8)"
    )
    sides = databases.sides()
    for tables in sides.both(lambda session: read_tables(session, None, None)):
        rows = {one.name: one.estimated_rows for one in tables}
        assert 5_000 < rows["fresh"] < 20_000
        assert 19_000 < rows["known"] < 21_000
        assert 9_900 < rows["root"] < 10_100
        assert rows["empty"] == 0


def test_keys_that_all_servers_sort_alike_are_walked_in_order(databases: Databases) -> None:
    databases.execute(
        "CREATE TABLE narrow (a int4 PRIMARY KEY); CREATE TABLE text_c (a text PRIMARY KEY);"
        "CREATE TABLE encoded (a text COLLATE ucs_basic, b uuid, c date, PRIMARY KEY (a, b, c));"
        "CREATE TABLE builtin (a text COLLATE pg_c_utf8 PRIMARY KEY);"
        "CREATE TYPE label AS ENUM ('a', 'b'); CREATE TABLE labelled (a label PRIMARY KEY);"
        "CREATE TABLE floating (a float8 PRIMARY KEY);"
        "CREATE TABLE mixed (a int4 PRIMARY KEY);"
        "CREATE TABLE optional (a int8 PRIMARY KEY);",
        "CREATE TABLE narrow (a int8 PRIMARY KEY);"
        'CREATE TABLE text_c (a varchar(9) COLLATE "POSIX" PRIMARY KEY);'
        'CREATE TABLE encoded (a text COLLATE "C", b uuid, c date, PRIMARY KEY (a, b, c));'
        'CREATE TABLE builtin (a text COLLATE "C.utf8" PRIMARY KEY);'
        "CREATE TYPE label AS ENUM ('b', 'a'); CREATE TABLE labelled (a label PRIMARY KEY);"
        "CREATE TABLE floating (a float8 PRIMARY KEY);"
        "CREATE TABLE mixed (a numeric PRIMARY KEY);"
        "CREATE TABLE optional (a int8);",
    )
    pairs = databases.pairs(databases.sides())
    assert {name.removeprefix("public."): pair.keyset for name, pair in pairs.items()} == {
        "narrow": True,
        "text_c": True,
        "encoded": True,
        "builtin": True,
        "labelled": False,
        "floating": False,
        "mixed": False,
        "optional": False,
    }


def test_tables_are_matched_by_schema_and_name() -> None:
    def named(schema: str, name: str) -> Table:
        return Table(schema, name, (), (), False, 0)

    source = (named("a", "b.c"), named("a", "x"), named("b", "x"))
    target = (named("b", "x"), named("a.b", "c"), named("a", "x"))
    assert [pair.label for pair in match(source, target)] == ["a.x", "b.x"]


def test_only_the_order_of_code_points_or_the_same_version_is_trusted() -> None:
    def order(
        provider: str, locale: str, version: str | None, encoding: str = "UTF8"
    ) -> str | None:
        libc, other = (locale, None) if provider == "c" else (None, locale)
        return Collation(provider, libc, other, None, True, version).order(encoding)

    points = order("c", "C", None)
    assert points == "by code point in UTF8"
    for provider, locale in (("c", "POSIX"), ("c", "C.UTF-8"), ("c", "C.utf8"), ("b", "C.UTF-8")):
        assert order(provider, locale, "1") == points
    assert order("c", "C", None, "LATIN1") != points
    assert order("c", "en_US.UTF-8", None) is None
    assert order("c", "en_US.UTF-8", "2.36") == order("c", "en_US.UTF-8", "2.36")
    assert order("c", "en_US.UTF-8", "2.36") != order("c", "en_US.UTF-8", "2.31")
    assert order("i", "en-US", "153.120") != order("c", "en-US", "153.120")
    assert order("i", "C", "153.120") != points


def test_a_collation_that_ignores_case_or_has_rules_is_another_order() -> None:
    plain = Collation("i", None, "und", None, True, "153.120").order("UTF8")
    ignoring = Collation("i", None, "und", None, False, "153.120").order("UTF8")
    ruled = Collation("i", None, "und", "&a < g", True, "153.120").order("UTF8")
    assert len({plain, ignoring, ruled}) == 3
    assert Collation("c", "C", None, None, False, None).order("UTF8") is None
