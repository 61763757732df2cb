"""Values at the edges of their types arrive as they were, by the full load and as changes."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from tests.localcloud.cloud.database_migration.support import Pair
from tests.localcloud.conftest import eventually
from validation.command import validate
from validation.options import Arguments

pytestmark = pytest.mark.postgres

ROWS = "SELECT t::text FROM {} t ORDER BY id"
_EMOJI = "'👩‍👩‍👧‍👦 𝄞 é é'"


@dataclass(frozen=True)
class Case:
    """A column's type, values that are loaded, and one that an update writes to each row."""

    type: str
    values: tuple[str, ...]
    changed: str


CASES = {
    "numeric extremes": Case(
        "numeric",
        ("10 ^ 1000::numeric", "-10 ^ 1000::numeric", "1e-1000", "0.10", "0.1", "-0.0"),
        "99999999999999999999999999999999999999.999999",
    ),
    "numeric NaN and infinities": Case("numeric", ("'NaN'", "'Infinity'", "'-Infinity'"), "'NaN'"),
    "numeric with scale": Case("numeric(38, 10)", ("1.0000000001", "-1"), "0"),
    "floats": Case("float8", ("'-0'", "'NaN'", "'-Infinity'", "5e-324", "0.1 + 0.2"), "1e308"),
    "timestamps": Case(
        "timestamptz",
        (
            "'infinity'",
            "'-infinity'",
            "'4713-11-24 00:00:00+00 BC'",
            "'9999-12-31 23:59:59.999999+00'",
            "'294276-12-31 23:59:59.999999+00'",
        ),
        "'0044-03-15 12:00:00+00 BC'",
    ),
    "dates": Case("date", ("'infinity'", "'0001-01-01 BC'", "'9999-12-31'"), "'-infinity'"),
    "empty text and NULL": Case("text", ("''", "NULL", "' '", "'<null>'"), "NULL"),
    "text of a megabyte": Case(
        "text", ("repeat('0123456789abcdef', 65536)",), "repeat('x', 1048576)"
    ),
    "emoji": Case("text", (_EMOJI, "E'line\\nbreak\\ttab \\\\ backslash'"), _EMOJI),
    "bytea": Case(
        "bytea", (r"'\x'", r"'\x00ff'", "decode(repeat('00ff', 65536), 'hex')"), r"'\xde'"
    ),
    "arrays": Case(
        "text[]", ("'{}'", '\'{NULL,"NULL",""}\'', "'[0:1]={a,b}'", "'{{a,b},{c,d}}'"), "'{x}'"
    ),
    "jsonb": Case(
        "jsonb",
        ("""'{"b": 1, "a": 2, "b": 3}'""", "'null'", "NULL", "'1.0'", """'"\\u00e9"'"""),
        """'{"z": [1, 1.00, {"k": null}]}'""",
    ),
    "json": Case("json", ("""'{"b":1,  "a":2, "b":3}'""", "' null '"), """'{ "z" : 1 }'"""),
    "enums": Case("mood", ("'sad'", "'so, so'", "NULL"), "'happy'"),
    "intervals": Case("interval", ("'1 mon -1 day'", "'30 days'", "'720:00:00'"), "'-1 year'"),
    "ranges": Case("tstzrange", ("'empty'", "'(,)'", "'[2026-01-01,infinity)'"), "'empty'"),
    "network addresses": Case("inet", ("'::1/128'", "'10.0.0.0/8'"), "'2001:db8::/32'"),
    "bits": Case("varbit", ("B''", "B'0'", "B'00'"), "B'1'"),
}
"""Every kind of value that is known to be lost by some way of replicating."""


def test_values_at_the_edges_are_loaded_inserted_and_updated(pair: Pair) -> None:
    pair.execute("CREATE TYPE mood AS ENUM ('sad', 'so, so', 'happy')")
    tables = {f"t{number}": case for number, case in enumerate(CASES.values())}
    for name, case in tables.items():
        pair.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, value {case.type})")
        insert(pair, name, case, first=1)

    task = pair.create_task()
    pair.run(task)
    loaded = {name: pair.same(ROWS.format(name)) for name in tables}
    for name, case in tables.items():
        insert(pair, name, case, first=100)
        pair.source.execute(f"UPDATE {name} SET value = {case.changed} WHERE id = 1".encode())
        pair.source.execute(f"DELETE FROM {name} WHERE id = 100".encode())

    assert all(loaded.values()), loaded
    for name in tables:
        pair.await_same(ROWS.format(name))
    assert pair.describe(task)["Status"] == "running"


def insert(pair: Pair, name: str, case: Case, *, first: int) -> None:
    rows = ", ".join(f"({first + n}, {value})" for n, value in enumerate(case.values))
    pair.source.execute(f"INSERT INTO {name} VALUES {rows}".encode())


def test_an_update_of_a_primary_key_moves_the_row(pair: Pair) -> None:
    pair.execute("CREATE TABLE item (id int PRIMARY KEY, note text)")
    pair.source.execute("INSERT INTO item VALUES (1, 'one'), (2, 'two')")
    task = pair.create_task()
    pair.run(task)

    pair.source.execute("UPDATE item SET id = id + 10")

    pair.await_same(ROWS.format("item"))
    assert pair.answer("target", "SELECT id FROM item ORDER BY id") == [(11,), (12,)]


def test_identities_and_generated_columns_are_the_sources(pair: Pair) -> None:
    pair.execute(
        "CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, net numeric(9, 2),"
        " gross numeric(9, 2) GENERATED ALWAYS AS (net * 1.09) STORED)"
    )
    pair.target.execute("ALTER SEQUENCE item_id_seq RESTART 500")
    pair.source.execute("INSERT INTO item (net) VALUES (100), (200)")
    task = pair.create_task()
    pair.run(task)

    pair.source.execute("INSERT INTO item (net) VALUES (300)")
    pair.source.execute("UPDATE item SET net = 1 WHERE id = 1")

    pair.await_same(ROWS.format("item"))
    assert pair.answer("target", "SELECT gross FROM item WHERE id = 1") == [(Decimal("1.09"),)]


def test_rows_of_partitions_arrive_also_when_they_move(pair: Pair) -> None:
    pair.execute(
        "CREATE TABLE event (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)"
    )
    pair.execute(
        "CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01')"
    )
    pair.execute(
        "CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)"
    )
    pair.source.execute("INSERT INTO event VALUES (1, '2025-05-05'), (2, '2026-05-05')")
    task = pair.create_task()
    pair.run(task)

    pair.source.execute("UPDATE event SET at = '2026-06-06' WHERE id = 1")
    pair.source.execute("INSERT INTO event VALUES (3, '-infinity'), (4, 'infinity')")

    pair.await_same(ROWS.format("event"))
    assert pair.same("SELECT tableoid::regclass::text, id FROM event ORDER BY id")


def truncate_while_it_is_replicated(pair: Pair) -> None:
    """Empty a table of the source while a task replicates it, and wait for what comes after."""
    pair.execute("CREATE TABLE item (id int PRIMARY KEY, note text)")
    pair.source.execute("INSERT INTO item VALUES (1, 'one')")
    task = pair.create_task()
    pair.run(task)
    pair.source.execute("TRUNCATE item")
    pair.source.execute("INSERT INTO item VALUES (2, 'after')")
    eventually(
        lambda: pair.answer("target", "SELECT count(*) FROM item WHERE id = 2") == [(1,)], 20
    )


def test_truncate_is_not_carried_over_as_with_dms(pair: Pair) -> None:
    truncate_while_it_is_replicated(pair)

    assert pair.answer("target", "SELECT id FROM item ORDER BY id") == [(1,), (2,)]


def test_the_validation_finds_what_a_truncate_has_left_on_the_target(
    pair: Pair, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    truncate_while_it_is_replicated(pair)

    status = validate(
        Arguments(url(pair, "source"), url(pair, "target"), no_schema=True, report=str(report))
    )

    [table] = json.loads(report.read_text(encoding="utf-8"))["tables"]
    assert status == 1
    assert [(each["kind"], each["where"]) for each in table["findings"]] == [("extra", '"id" = 1')]


def url(pair: Pair, side: str) -> str:
    settings = pair.clusters.settings(side, pair.database)
    return make_conninfo(
        host=settings.host,
        port=settings.port,
        dbname=settings.dbname,
        user=settings.user,
        password=settings.password,
        sslmode="verify-full",
        sslrootcert=str(settings.sslrootcert),
    )
