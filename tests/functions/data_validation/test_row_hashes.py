"""Hashes of rows at the limits of what PostgreSQL allows: many columns, NULL keys, users' casts."""

from uuid import UUID

import pytest

from functions.data_validation.cursor import Reading
from functions.data_validation.expressions import Method
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import BucketSpan, KeysetSpan, Subject
from functions.runtime.route import Side
from tests.functions.data_validation.support import Databases

pytestmark = pytest.mark.postgres
METHODS = pytest.mark.parametrize("method", list(Method))
MOST_COLUMNS = 1_600


def rows(subject: Subject, sides: Sides) -> tuple[dict[tuple[str, ...], Reading], ...]:
    span = KeysetSpan(None, None) if subject.pair.keyset else BucketSpan(0, 1)
    return (
        subject.rows(sides.source, Side.SOURCE, span, 1, [0]),
        subject.rows(sides.target, Side.TARGET, span, 1, [0]),
    )


def differing_columns(subject: Subject, sides: Sides, key: tuple[str, ...]) -> list[str]:
    (source,) = subject.values(sides.source, Side.SOURCE, key)
    (target,) = subject.values(sides.target, Side.TARGET, key)
    columns = zip(subject.pair.columns, source, target, strict=True)
    return [column.name for column, left, right in columns if left != right]


@METHODS
def test_the_last_of_the_most_columns_of_a_table_counts(
    databases: Databases, method: Method
) -> None:
    columns = ", ".join(f"c{number} bigint" for number in range(1, MOST_COLUMNS))
    databases.execute(
        f"CREATE TABLE wide (id bigint PRIMARY KEY, {columns});"
        "INSERT INTO wide (id, c1, c900, c1599) VALUES (1, 1, 1, 4), (2, 1, 1, 4), (3, 1, 1, 4)"
    )
    databases.target.execute("UPDATE wide SET c1599 = 4294967301 WHERE id = 2")
    databases.target.execute("UPDATE wide SET c1 = 2 WHERE id = 3")
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.wide"), method)
    source, target = rows(subject, sides)
    assert source[("1",)].content == target[("1",)].content
    assert source[("2",)].content != target[("2",)].content
    assert source[("3",)].content != target[("3",)].content
    assert differing_columns(subject, sides, ("2",)) == ["c1599"]


@METHODS
@pytest.mark.parametrize(
    ("definition", "on_source", "on_target"),
    [
        ("ENUM ('paid', 'unpaid')", "'paid'", "'unpaid'"),
        ("(amount int, note text)", "(1, NULL)", "(1, '')"),
        ("(amount int, note text)", "(NULL, NULL)", "NULL"),
        ("RANGE (SUBTYPE = int)", "'[1,3)'", "'[1,4)'"),
    ],
)
@pytest.mark.parametrize("form", ["{}", "domain", "{}[]"])
def test_a_cast_to_text_that_hides_content_hides_no_difference(
    databases: Databases, method: Method, definition: str, on_source: str, on_target: str, form: str
) -> None:
    value = "ARRAY[{}::own]" if form == "{}[]" else "{}::own"
    argument = "own[]" if form == "{}[]" else "own"
    databases.execute(
        f"CREATE TYPE own AS {definition}; CREATE DOMAIN domain AS own;"
        f"CREATE FUNCTION hide({argument}) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'x'$$;"
        f"CREATE CAST ({argument} AS text) WITH FUNCTION hide({argument});"
        f"CREATE TABLE owned (id int PRIMARY KEY, v {form.format('own')}, n {form.format('own')})",
    )
    databases.execute(
        f"INSERT INTO owned VALUES (1, {value.format(on_source)}), (2, {value.format(on_source)})",
        f"INSERT INTO owned VALUES (1, {value.format(on_source)}), (2, {value.format(on_target)})",
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.owned"), method)
    source, target = rows(subject, sides)
    assert source[("1",)].content == target[("1",)].content
    assert source[("2",)].content != target[("2",)].content
    assert differing_columns(subject, sides, ("1",)) == []
    assert differing_columns(subject, sides, ("2",)) == ["v"]


@METHODS
def test_keys_that_a_cast_to_text_makes_alike_are_two_keys(
    databases: Databases, method: Method
) -> None:
    databases.execute(
        "CREATE TYPE own AS ENUM ('paid', 'unpaid');"
        "CREATE FUNCTION hide(own) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'x'$$;"
        "CREATE CAST (own AS text) WITH FUNCTION hide(own);"
        "CREATE TABLE owned (id own PRIMARY KEY); INSERT INTO owned VALUES ('paid'), ('unpaid')"
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.owned"), method)
    source, target = rows(subject, sides)
    assert source.keys() == target.keys() == {("paid",), ("unpaid",)}
    read = subject.read(sides.target, Side.TARGET, [("paid",), ("gone",)])
    assert read == {("paid",): target[("paid",)], ("gone",): Reading(())}
    ((found,),) = databases.target.execute(
        f"SELECT count(*) FROM owned WHERE {subject.where(('paid',))}".encode()
    )
    assert found == 1


@METHODS
@pytest.mark.parametrize(("sql_type", "value"), [("bigint", "1"), ("uuid", f"'{UUID(int=1)}'")])
def test_rows_whose_key_is_null_on_the_target_are_in_a_bucket_and_a_group(
    databases: Databases, method: Method, sql_type: str, value: str
) -> None:
    databases.execute(
        f"CREATE TABLE loose (id {sql_type} PRIMARY KEY); INSERT INTO loose VALUES ({value})",
        f"CREATE TABLE loose (id {sql_type}); INSERT INTO loose VALUES ({value}), (NULL), (NULL)",
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.loose"), method)
    assert not subject.pair.keyset
    spans = [BucketSpan(number, 4) for number in range(4)]
    for groups in (1, 16):
        digests = [subject.digest(sides.target, Side.TARGET, span, groups) for span in spans]
        assert sum(digest.rows for groups_ in digests for digest in groups_.values()) == 3
    _, target = rows(subject, sides)
    assert {key: len(reading.versions) for key, reading in target.items()} == {
        (value.strip("'"),): 1,
        ("",): 2,
    }


@METHODS
@pytest.mark.parametrize(
    ("columns", "first", "second"),
    [
        ("id bigint PRIMARY KEY", "4", "4294967301"),  # alike for a hash that folds 64 bits into 32
        ("id smallint PRIMARY KEY", "-1", "0"),
        ("id uuid PRIMARY KEY", f"'{UUID(int=1)}'", f"'{UUID(int=2)}'"),
        ("id text PRIMARY KEY", "''", "' '"),
        ("id varchar(9) PRIMARY KEY", "'a'", "'A'"),
        ("id char(9) PRIMARY KEY", "'a'", "'b'"),
        ("id numeric PRIMARY KEY", "1", "-1"),
        ("id timestamptz PRIMARY KEY", "'2026-01-01 00:00:04Z'", "'2026-01-01 00:00:05Z'"),
        ("a int, b text, PRIMARY KEY (a, b)", "1, 'a'", "2, 'a'"),
    ],
)
def test_a_sum_sees_values_swapped_between_two_keys(
    databases: Databases, method: Method, columns: str, first: str, second: str
) -> None:
    databases.execute(f"CREATE TABLE swapped ({columns}, v text)")
    databases.execute(
        f"INSERT INTO swapped VALUES ({first}, 'x'), ({second}, 'y')",
        f"INSERT INTO swapped VALUES ({first}, 'y'), ({second}, 'x')",
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.swapped"), method)
    source = subject.digest(sides.source, Side.SOURCE, BucketSpan(0, 1), 1)[0]
    target = subject.digest(sides.target, Side.TARGET, BucketSpan(0, 1), 1)[0]
    assert source.rows == target.rows == 2
    assert source.total != target.total
