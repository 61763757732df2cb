"""`invoke validate` as a user has it: between any two databases, and of what is deployed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import psycopg
import pytest
from psycopg import sql

from localcloud.databases import (
    CertificateAuthority,
    ConnectionSettings,
    DatabaseServers,
    Endpoint,
)
from tooling.checkout import REPOSITORY, Checkout

USER, PASSWORD = "master", "a-master-password"
ROWS = 20_000
SECONDS = 60.0
TABLES = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric NOT NULL, note text);"
    f"INSERT INTO orders SELECT n, n * 1.25, 'note ' || n FROM generate_series(1, {ROWS}) AS n;"
    "CREATE TABLE events (at timestamptz, kind text);"
    "INSERT INTO events SELECT '2024-01-01', 'kind ' || n % 5 FROM generate_series(1, 500) AS n;"
)


@dataclass(frozen=True)
class Servers:
    """A source with a replica, and a target."""

    source: Endpoint
    replica: Endpoint
    target: Endpoint
    authority: Path

    def settings(self, endpoint: Endpoint, database: str) -> ConnectionSettings:
        return ConnectionSettings(
            endpoint.host, endpoint.port, database, USER, PASSWORD, self.authority
        )

    def url(self, endpoint: Endpoint, database: str) -> str:
        return (
            f"postgresql://{USER}:{PASSWORD}@{endpoint.host}:{endpoint.port}/{database}"
            f"?sslmode=verify-full&sslrootcert={self.authority}"
        )


@dataclass(frozen=True)
class Pair:
    """A database of the same name on both sides, with the same tables."""

    servers: Servers
    name: str
    source: psycopg.Connection[Any]
    target: psycopg.Connection[Any]

    def arguments(self) -> list[str]:
        servers = self.servers
        return [
            "validate",
            "--source-url",
            servers.url(servers.source, self.name),
            "--target-url",
            servers.url(servers.target, self.name),
        ]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("validation")
    authority = CertificateAuthority.create(folder / "authority")
    bundle = folder / "bundle.pem"
    bundle.write_text(authority.pem)
    service = DatabaseServers(folder / "postgres", authority)

    def start(side: str, version: str) -> Endpoint:
        return service.create_cluster(
            side,
            engine_version=version,
            database_name="first",
            master_username=USER,
            master_password=PASSWORD,
            parameters={"rds.logical_replication": "1"},
        )

    try:
        with ThreadPoolExecutor() as pool:
            source = pool.submit(start, "source", "16.6")
            target = pool.submit(start, "target", "17.4")
            replica = service.add_reader("source", "reader") if source.result() else None
        assert replica is not None
        yield Servers(source.result(), replica, target.result(), bundle)
    finally:
        service.stop_all()


@pytest.fixture
def pair(servers: Servers) -> Iterator[Pair]:
    name = f"compared_{uuid4().hex[:12]}"
    with (
        servers.settings(servers.source, "first").connect(autocommit=True) as source_owner,
        servers.settings(servers.target, "first").connect(autocommit=True) as target_owner,
    ):
        owners = (source_owner, target_owner)
        for owner in owners:
            owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with (
                servers.settings(servers.source, name).connect(autocommit=True) as source,
                servers.settings(servers.target, name).connect(autocommit=True) as target,
            ):
                for side in (source, target):
                    side.execute(TABLES.encode())
                    side.execute("ANALYZE orders, events")
                yield Pair(servers, name, source, target)
        finally:
            for owner in owners:
                owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def start(*arguments: str) -> "subprocess.Popen[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PG"))}
    return subprocess.Popen(
        [sys.executable, "-m", "invoke", *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(*arguments: str) -> Ended:
    process = start(*arguments)
    output, errors = process.communicate(timeout=SECONDS)
    return Ended(process.returncode, output, errors)


def await_true(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def validated(report: Path) -> dict[str, Any]:
    schema = json.loads((REPOSITORY / "docs" / "validation-report.schema.json").read_text("utf-8"))
    document: dict[str, Any] = json.loads(report.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def test_equal_databases_end_with_0_also_read_from_a_replica(pair: Pair, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    replica = pair.servers.url(pair.servers.replica, pair.name)

    ended = run(*pair.arguments(), "--report", str(report))
    by_replica = run(*pair.arguments(), "--source-replica-url", replica)

    assert ended.status == 0, ended
    assert f"equal: {ROWS + 500:,} rows in 2 tables and the schema" in ended.output
    assert validated(report)["outcome"] == "equal"
    assert by_replica.status == 0, by_replica


def test_differences_end_with_1_and_are_listed_without_values(pair: Pair, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    pair.target.execute("UPDATE orders SET note = 's3cret' WHERE id = 4711")
    pair.target.execute("DELETE FROM orders WHERE id = 17")
    pair.target.execute("CREATE INDEX by_note ON orders (note)")

    ended = run(*pair.arguments(), "--report", str(report))

    assert ended.status == 1, ended
    for line in (
        "  index public.by_note: extra on the target",
        '  missing: "id" = 17',
        '  different: "id" = 4711',
        "    note: text, 9 characters on the source, text, 6 characters on the target",
        f"different: 2 rows of {ROWS + 500:,} in 2 tables, 1 schema difference",
    ):
        assert line in ended.output.splitlines()
    assert "s3cret" not in ended.output + report.read_text("utf-8")
    assert validated(report)["exit_code"] == 1


def test_what_cannot_be_compared_ends_with_2_and_never_shows_a_password(pair: Pair) -> None:
    good = pair.arguments()
    wrong = [text.replace(PASSWORD, "wr0ng-password") for text in good]
    nobody = [text.replace(f":{pair.servers.target.port}/", ":1/") for text in good]

    for arguments, said in (
        (wrong, "--source-url: cannot connect"),
        (nobody, "--target-url: cannot connect"),
        (good[:3], "--target-url is missing"),
        ([*good, "--table", "public.oders"], "neither side has a table public.oders"),
        ([*good, "--max-rate", "fast"], "--max-rate fast"),
        ([*good, "--replication", "slot:nobody"], "nobody"),
    ):
        ended = run(*arguments)
        assert ended.status == 2, ended
        assert said in ended.errors
        assert "password@" not in ended.errors + ended.output
        assert "wr0ng" not in ended.errors + ended.output
        assert "Traceback" not in ended.errors


def test_rows_that_the_target_never_gets_end_with_3(pair: Pair) -> None:
    name = sql.Identifier(f"stream_{pair.name}")
    settings = pair.servers.settings(pair.servers.source, pair.name)
    conninfo = psycopg.conninfo.make_conninfo(
        host=settings.host,
        port=settings.port,
        dbname=pair.name,
        user=USER,
        password=PASSWORD,
        sslmode="require",
    )
    pair.source.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE orders").format(name))
    pair.target.execute(
        sql.SQL(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (copy_data = off)"
        ).format(name, sql.Literal(conninfo), name)
    )
    try:
        caught_up = run(*pair.arguments())
        pair.target.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(name))
        pair.source.execute("UPDATE orders SET note = 'late' WHERE id = 7")
        ended = run(*pair.arguments(), "--recheck-seconds", "1")
    finally:
        pair.target.execute(sql.SQL("DROP SUBSCRIPTION {}").format(name))

    assert caught_up.status == 0, caught_up
    assert ended.status == 3, ended
    assert '  different (unverified): "id" = 7' in ended.output
    assert "is disabled" in ended.output


def test_an_interrupted_comparison_goes_on_by_the_same_command(pair: Pair, tmp_path: Path) -> None:
    pair.target.execute("DELETE FROM orders WHERE id IN (3, 19999)")
    checkpoint, report = tmp_path / "state", tmp_path / "report.json"
    arguments = [*pair.arguments(), "--checkpoint", str(checkpoint), "--report", str(report)]

    process = start(*arguments, "--max-rate", "4000")
    await_true(lambda: bool(list(checkpoint.glob("items/*.json"))))
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=SECONDS)

    assert process.returncode == 130, (output, errors)
    assert f"the same command goes on from {checkpoint}" in errors
    assert not report.exists()

    resumed, again = run(*arguments), run(*arguments)

    assert resumed.status == 1, resumed
    assert "compared before" in resumed.output
    orders = validated(report)["tables"][1]
    assert [finding["where"] for finding in orders["findings"]] == ['"id" = 3', '"id" = 19999']
    assert orders["totals"]["source_rows"] == ROWS
    assert again.status == 2
    assert "a new one needs a new checkpoint" in again.errors


def test_a_deployed_validation_is_started_followed_and_left_running(deployed: Checkout) -> None:
    schema = f"probe_{uuid4().hex[:8]}"
    make = (
        f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.t (id bigint PRIMARY KEY, note text);"
        f"INSERT INTO {schema}.t SELECT n, 'note' FROM generate_series(1, 20000) AS n"
    )
    try:
        for side in ("source", "target"):
            deployed.query(side, make)
        equal = deployed.invoke("validate", "--schema", schema)
        deployed.query("target", f"DELETE FROM {schema}.t WHERE id = 5")

        process = deployed.start(
            "validate", "--schema", schema, "--run", schema, "--max-rate", "20000"
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=SECONDS)
        followed = deployed.invoke("validate", "--run", schema)
    finally:
        for side in ("source", "target"):
            deployed.query(side, f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    assert equal.status == 0, equal
    assert f"run {schema}: arn:" in first
    assert process.returncode == 130, output
    assert f"invoke validate --run {schema} follows it" in output
    assert followed.status == 1, followed
    assert '  missing: "id" = 5' in followed.output


def test_a_deployed_validation_refuses_what_only_urls_take(deployed: Checkout) -> None:
    ended = deployed.invoke("validate", "--checkpoint", "somewhere")

    assert ended.status == 2
    assert "--checkpoint is for a comparison by --source-url and --target-url" in ended.output


def test_the_command_loads_nothing_that_only_deployments_need() -> None:
    program = (
        "import sys, tasks, validation.command, validation.databases;"
        "print(sorted({'pulumi', 'moto', 'boto3', 'grpc', 'localcloud'} & sys.modules.keys()))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.strip() == "[]"
