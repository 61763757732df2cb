"""What belongs to a whole server or database: settings, slots, transactions, extensions."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from functions.preflight.model import Facts, Finding, Phase, Severity, Situation
from functions.preflight.probes import STATEMENT_TIMEOUT_SECONDS
from functions.runtime.route import Side
from tests.functions.data_validation.support import Databases, fresh_databases
from tests.functions.preflight.planted import STRICT
from tests.functions.preflight.support import BY_NAME, Pair, situation_of
from tests.functions.support import Clusters

pytestmark = pytest.mark.postgres


def eventually(happened: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.01)


def bare(databases: Databases) -> Pair:
    """Return a pair whose schema is not there: its tables do not matter."""
    return Pair(databases, "nothing")


@contextlib.contextmanager
def altered_system(pair: Pair, side: Side, **settings: str) -> Iterator[psycopg.Connection]:
    """Change a server's settings for a while, as its administrator."""

    def shown(name: str) -> str:
        with pair.databases.superuser(side) as fresh:
            row = fresh.execute(f"SHOW {name}".encode()).fetchone()
        assert row is not None
        return str(row[0])

    before = {name: shown(name) for name in settings}
    with pair.databases.superuser(side) as administrator:
        try:
            for name, value in settings.items():
                administrator.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            administrator.execute("SELECT pg_reload_conf()")
            eventually(lambda: all(shown(name) != before[name] for name in settings))
            yield administrator
        finally:
            for name in settings:
                administrator.execute(f"ALTER SYSTEM RESET {name}".encode())
            administrator.execute("SELECT pg_reload_conf()")
            eventually(lambda: all(shown(name) == before[name] for name in settings))


def one(found: tuple[Finding, ...], side: Side, thing: str) -> str | None:
    """See that there is one finding, of this object on this side; return its fix."""
    assert [(each.side, each.object) for each in found] == [(side, thing)]
    return found[0].fix


def fixed(pair: Pair, check: str, side: Side, thing: str) -> None:
    """See that a check finds one object, run its fix, and see it gone."""
    fix = one(pair.findings(check), side, thing)
    assert fix is not None
    pair.run(side, fix)
    pair.close()  # settings of a role are those of its next session
    assert pair.findings(check) == ()


def test_a_server_without_logical_replication_is_found(
    clusters: Clusters, ready_clusters: Clusters
) -> None:
    with fresh_databases(clusters) as databases, contextlib.closing(bare(databases)) as pair:
        found = pair.findings("logical-replication")
    assert [(each.side, each.severity, each.fix) for each in found] == [
        (side, Severity.BLOCKING, None) for side in Side
    ]
    assert "rds.logical_replication" in found[0].why
    with fresh_databases(ready_clusters) as databases, contextlib.closing(bare(databases)) as pair:
        assert pair.findings("logical-replication") == ()


@pytest.mark.parametrize(
    ("check", "parameter", "sender"),
    [
        ("free-replication-slots", "max_replication_slots", "slots"),
        ("free-wal-senders", "max_wal_senders", "senders"),
    ],
)
def test_a_server_without_a_free_place_is_found(
    pair: Pair, check: str, parameter: str, sender: str
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(everything_taken(pair, sender))
        assert one(pair.findings(check), Side.SOURCE, parameter) is None
    eventually(lambda: pair.findings(check) == ())


@contextlib.contextmanager
def everything_taken(pair: Pair, what: str) -> Iterator[None]:
    """Take every replication slot, or every WAL sender, of the source."""
    source = pair.connection(Side.SOURCE)
    row = source.execute(
        f"SHOW max_{'wal_senders' if what == 'senders' else 'replication_slots'}".encode()
    ).fetchone()
    assert row is not None
    number = int(row[0])
    if what == "slots":
        names = [f"taken_{index}" for index in range(number)]
        for name in names:
            source.execute("SELECT pg_create_physical_replication_slot(%s)", (name,))
        try:
            yield
        finally:
            for name in names:
                source.execute("SELECT pg_drop_replication_slot(%s)", (name,))
        return
    settings = pair.databases.settings("source")
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(
                psycopg.connect(
                    f"replication=true host={settings.host} port={settings.port}"
                    f" user={settings.user} password={settings.password}",
                    sslmode="require",
                    autocommit=True,
                )
            )
        yield


def test_time_outs_that_end_dms_are_found(own_pair: Pair) -> None:
    own_pair.close()
    login = f"ALTER ROLE master IN DATABASE {own_pair.databases.name} SET"
    own_pair.run("source", f"{login} wal_sender_timeout = '5s'")
    fixed(own_pair, "wal-sender-timeout", Side.SOURCE, "wal_sender_timeout")
    own_pair.run("target", f"{login} idle_in_transaction_session_timeout = '1min'")
    own_pair.close()
    name = "idle_in_transaction_session_timeout"
    fixed(own_pair, "idle-transaction-timeout", Side.TARGET, name)
    own_pair.run("source", f"{login} wal_sender_timeout = 0")
    own_pair.close()
    assert own_pair.findings("wal-sender-timeout") == ()


def test_bounded_wal_and_a_slot_lost_to_it_are_found(pair: Pair) -> None:
    create = "SELECT pg_create_logical_replication_slot('Slow', 'test_decoding')"
    with altered_system(
        pair, Side.TARGET, max_slot_wal_keep_size="1MB", wal_keep_size="0"
    ) as administrator:
        assert one(pair.findings("kept-wal"), Side.TARGET, "max_slot_wal_keep_size") is None
        administrator.execute(create.lower().encode())
        assert one(pair.findings("slots-left-behind"), Side.TARGET, "slot slow") is not None
        assert pair.findings("lost-slots") == ()

        def lost() -> bool:
            administrator.execute("CREATE TABLE IF NOT EXISTS filler (a int)")
            administrator.execute("INSERT INTO filler VALUES (1)")
            administrator.execute("SELECT pg_switch_wal()")
            administrator.execute("CHECKPOINT")
            return pair.findings("lost-slots") != ()

        eventually(lost)
        administrator.execute("DROP TABLE filler")
        assert pair.findings("slots-left-behind") == ()
        fixed(pair, "lost-slots", Side.TARGET, "slot slow")
    assert pair.findings("kept-wal") == ()


def test_a_slot_that_nothing_reads_is_found(pair: Pair) -> None:
    pair.run("source", "SELECT pg_create_physical_replication_slot('forgotten', true)")
    fixed(pair, "slots-left-behind", Side.SOURCE, "slot forgotten")


def test_a_prepared_transaction_is_found(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a int)")
    settings = pair.databases.settings("source")
    with settings.connect(autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO {pair.schema}.t VALUES (1)".encode())
        connection.execute("PREPARE TRANSACTION 'it''s mine'")
    fixed(pair, "prepared-transactions", Side.SOURCE, "prepared transaction 'it''s mine'")


def test_a_prepared_transaction_of_another_database_has_no_fix_here(
    pair: Pair, own_databases: Databases
) -> None:
    other = own_databases.target
    other.execute("BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'elsewhere'")
    try:
        found = pair.findings("prepared-transactions")
        assert one(found, Side.TARGET, "prepared transaction 'elsewhere'") is None
        assert own_databases.name in found[0].why
    finally:
        other.execute("ROLLBACK PREPARED 'elsewhere'")


def test_a_long_transaction_is_found_and_its_session_ended(pair: Pair) -> None:
    situation = situation_of("long-transactions", thresholds=STRICT)
    with contextlib.closing(pair.databases.settings("source").connect()) as holder:
        row = holder.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        process = f"process {row[0]}"
        found = [
            each
            for each in pair.findings("long-transactions", situation)
            if (each.side, each.object) == (Side.SOURCE, process)
        ]
        assert found[0].severity is Severity.BLOCKING
        assert pair.findings("long-transactions") == ()
        assert found[0].fix is not None
        pair.run("source", found[0].fix)
        eventually(
            lambda: (
                process
                not in {each.object for each in pair.findings("long-transactions", situation)}
            )
        )


def test_before_the_cutover_other_databases_may_be_busy(
    pair: Pair, own_databases: Databases
) -> None:
    with contextlib.closing(own_databases.settings("source").connect()) as holder:
        row = holder.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        for phase, expected in ((Phase.BEFORE_LOAD, True), (Phase.BEFORE_CUTOVER, False)):
            found = pair.findings("long-transactions", Situation(phase, thresholds=STRICT))
            assert (f"process {row[0]}" in {each.object for each in found}) is expected


def test_large_objects_are_found(own_pair: Pair) -> None:
    own_pair.run("source", "SELECT lo_from_bytea(0, 'x')")
    assert one(own_pair.findings("large-objects"), Side.SOURCE, "large objects") is None
    own_pair.run("source", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    assert own_pair.findings("large-objects") == ()


def test_a_foreign_table_is_found(own_pair: Pair) -> None:
    schema = own_pair.schema
    with own_pair.databases.superuser("source") as administrator:
        administrator.execute("CREATE FOREIGN DATA WRAPPER nowhere")
        administrator.execute("CREATE SERVER far FOREIGN DATA WRAPPER nowhere")
        administrator.execute(f"CREATE FOREIGN TABLE {schema}.f (a int) SERVER far".encode())
        found = own_pair.findings("foreign-tables")
        assert one(found, Side.SOURCE, f"{schema}.f") is None
        assert found[0].severity is Severity.WARNING
        administrator.execute(f"DROP FOREIGN TABLE {schema}.f".encode())
    assert own_pair.findings("foreign-tables") == ()


def test_an_event_trigger_is_found_and_its_owner_disables_it(own_pair: Pair) -> None:
    with own_pair.databases.superuser("target") as administrator:
        administrator.execute(
            "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
        )
        administrator.execute(
            'CREATE EVENT TRIGGER "On DDL" ON ddl_command_end EXECUTE FUNCTION public.watch()'
        )
        fix = one(own_pair.findings("event-triggers"), Side.TARGET, '"On DDL"')
        assert fix is not None
        administrator.execute(fix.encode())
    assert own_pair.findings("event-triggers") == ()


def test_an_extension_that_the_schema_needs_is_blocking(own_pair: Pair) -> None:
    own_pair.run("source", "CREATE EXTENSION citext; CREATE EXTENSION pg_trgm")
    own_pair.run("source", "CREATE TABLE t (a citext)")
    found = own_pair.findings("missing-extensions")
    assert [(each.object, each.severity) for each in found] == [
        ("citext", Severity.BLOCKING),
        ("pg_trgm", Severity.WARNING),
    ]
    for each in found:
        assert each.fix is not None
        own_pair.run("target", each.fix)
    assert own_pair.findings("missing-extensions") == ()


def test_an_older_extension_is_found_and_updated(own_pair: Pair) -> None:
    own_pair.run("source", "CREATE EXTENSION citext VERSION '1.6'")
    own_pair.run("target", "CREATE EXTENSION citext VERSION '1.5'")
    assert own_pair.findings("extension-versions")[0].severity is Severity.WARNING
    fixed(own_pair, "extension-versions", Side.TARGET, "citext")


def test_a_newer_extension_is_a_note(own_pair: Pair) -> None:
    own_pair.run("source", "CREATE EXTENSION citext VERSION '1.5'")
    own_pair.run("target", "CREATE EXTENSION citext VERSION '1.6'")
    [found] = own_pair.findings("extension-versions")
    assert (found.severity, found.fix) == (Severity.NOTE, None)


def test_databases_of_another_encoding_and_collation_are_found(ready_clusters: Clusters) -> None:
    latin = fresh_databases(ready_clusters, encoding="LATIN1")
    with latin as databases, contextlib.closing(bare(databases)) as pair:
        [encoding] = pair.findings("encoding")
        [collation] = pair.findings("database-collation")
    assert (encoding.severity, collation.severity) == (Severity.BLOCKING, Severity.WARNING)
    assert "UTF8" in encoding.why
    assert "LATIN1" in encoding.why
    with fresh_databases(ready_clusters) as databases, contextlib.closing(bare(databases)) as pair:
        assert pair.findings("encoding") == pair.findings("database-collation") == ()


def test_a_collation_whose_library_has_changed_is_found(own_pair: Pair) -> None:
    own_pair.run("target", "CREATE COLLATION c (provider = builtin, locale = 'C.UTF-8')")
    own_pair.run("target", "CREATE TABLE t (a text COLLATE c)")
    assert own_pair.findings("collation-versions") == ()
    with own_pair.databases.superuser("target") as administrator:
        administrator.execute("UPDATE pg_collation SET collversion = '0' WHERE collname = 'c'")
    thing = f"COLLATION {own_pair.schema}.c"
    fixed(own_pair, "collation-versions", Side.TARGET, thing)


def test_a_database_whose_collation_has_changed_is_found(own_databases: Databases) -> None:
    name = f"{own_databases.name}_c"
    clusters = own_databases.clusters
    with contextlib.ExitStack() as stack:
        for side in Side:
            own_databases.owner(side).execute(
                f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER builtin"
                " BUILTIN_LOCALE 'C.UTF-8'".encode()
            )
            stack.callback(clusters.drop_database, side, name)
        source, target = (
            stack.enter_context(
                replace(clusters.settings(side), dbname=name).connect(autocommit=True)
            )
            for side in Side
        )
        pair = stack.enter_context(
            contextlib.closing(bare(Databases(clusters, name, source, target)))
        )
        assert pair.findings("database-collation-version") == ()
        with pair.databases.superuser("source") as administrator:
            statement = "UPDATE pg_database SET datcollversion = '0' WHERE datname = %s"
            administrator.execute(statement, (name,))
        fixed(pair, "database-collation-version", Side.SOURCE, f"DATABASE {name}")


def test_collations_of_other_libraries_are_noted() -> None:
    check = BY_NAME["collation-libraries"]
    facts = Facts(
        situation_of(check.name),
        source=[("COLLATION s.a", "153.80", "153.80"), ("COLLATION s.b", "1", "1")],
        target=[("COLLATION s.a", "153.120", "153.120"), ("COLLATION s.b", "1", "1")],
    )
    [(side, problem)] = check.judge(facts)
    assert (side, problem.object, problem.fix) == (Side.TARGET, "COLLATION s.a", None)
    assert "153.80 on the source and 153.120 on the target" in problem.why


def test_a_login_that_may_create_nothing_is_found(own_pair: Pair) -> None:
    name = own_pair.databases.name
    with own_pair.databases.superuser("source") as administrator:
        administrator.execute(f"ALTER DATABASE {name} OWNER TO rdsadmin".encode())
        fix = one(own_pair.findings("login-privileges"), Side.SOURCE, "master")
        assert fix is not None
        administrator.execute(fix.encode())
        assert own_pair.findings("login-privileges") == ()
        administrator.execute(f"ALTER DATABASE {name} OWNER TO master".encode())


def test_how_much_there_is_to_copy_is_a_note(pair: Pair) -> None:
    pair.run("source", "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 500)")
    pair.run("source", "ANALYZE t")
    [found] = pair.findings("size")
    assert found.severity is Severity.NOTE
    assert "1 tables with about 500 rows" in found.why


def test_a_check_that_cannot_be_made_is_as_grave_as_the_check(pair: Pair) -> None:
    """The table is locked for longer than a statement of the preflight waits."""
    pair.both("CREATE TABLE t (a int)")
    with contextlib.closing(pair.databases.settings("target").connect()) as holder:
        holder.execute(f"LOCK TABLE {pair.schema}.t IN ACCESS EXCLUSIVE MODE".encode())
        started = time.monotonic()
        [found] = pair.findings("target-not-empty")
    assert time.monotonic() - started < STATEMENT_TIMEOUT_SECONDS
    assert (found.severity, found.object) == (Severity.BLOCKING, "this check")
    assert "55P03" in found.why
