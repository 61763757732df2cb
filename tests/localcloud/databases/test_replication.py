"""What the shared clusters send to each other and to their readers."""

import time
import uuid
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.localcloud.databases.support import DATABASE, MASTER, PASSWORD, Service

pytestmark = pytest.mark.postgres

SECONDS = 20.0


def wait_for(connection: psycopg.Connection, query: LiteralString | sql.Composed) -> None:
    """Wait until the query's only value is true."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        row = connection.execute(query).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.02)
    raise AssertionError(f"not true within {SECONDS} s: {query}")


def test_a_reader_streams_from_its_writer_and_takes_no_writes(service: Service) -> None:
    table = sql.Identifier(f"streamed_{uuid.uuid4().hex}")
    with (
        service.settings(service.source).connect(autocommit=True) as writer,
        service.settings(service.reader).connect(autocommit=True) as reader,
    ):
        writer.execute(sql.SQL("CREATE TABLE {} AS SELECT 42 AS answer").format(table))
        name = sql.Literal(table.as_string().strip('"'))
        wait_for(reader, sql.SQL("SELECT to_regclass({}) IS NOT NULL").format(name))
        assert reader.execute(sql.SQL("SELECT answer FROM {}").format(table)).fetchone() == (42,)
        assert reader.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute(sql.SQL("DELETE FROM {}").format(table))
        streaming = writer.execute(
            "SELECT application_name, state FROM pg_stat_replication"
            " WHERE application_name = 'source-reader'"
        ).fetchall()
        assert streaming == [("source-reader", "streaming")]
        writer.execute(sql.SQL("DROP TABLE {}").format(table))


def test_a_reader_leaves_no_replication_slot_behind_that_aurora_would_not_show(
    service: Service,
) -> None:
    with service.settings(service.source).connect() as writer:
        rows = writer.execute(
            "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'"
        ).fetchall()
    assert rows == []


def test_the_master_users_replicate_between_majors_over_verified_tls(service: Service) -> None:
    name = f"copied_{uuid.uuid4().hex}"
    table, stream = sql.Identifier(name), sql.Identifier(f"stream_{name}")
    conninfo = psycopg.conninfo.make_conninfo(
        host=service.source.host,
        port=service.source.port,
        dbname=DATABASE,
        user=MASTER,
        password=PASSWORD,
        sslmode="verify-full",
        sslrootcert=str(service.certificate_file),
    )
    with (
        service.settings(service.source).connect(autocommit=True) as source,
        service.settings(service.target).connect(autocommit=True) as target,
    ):
        for side in (source, target):
            side.execute(sql.SQL("CREATE TABLE {} (id int PRIMARY KEY)").format(table))
        source.execute(sql.SQL("INSERT INTO {} SELECT generate_series(1, 1000)").format(table))
        source.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE {}").format(stream, table))
        target.execute(
            sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {}").format(
                stream, sql.Literal(conninfo), stream
            )
        )
        wait_for(target, sql.SQL("SELECT count(*) = 1000 FROM {}").format(table))
        source.execute(sql.SQL("INSERT INTO {} VALUES (1001)").format(table))
        wait_for(target, sql.SQL("SELECT count(*) = 1001 FROM {}").format(table))
        encrypted = source.execute(
            "SELECT bool_and(ssl) FROM pg_stat_replication JOIN pg_stat_ssl USING (pid)"
            " WHERE application_name = %s",
            (f"stream_{name}",),
        ).fetchone()
        assert encrypted == (True,)
        target.execute(sql.SQL("DROP SUBSCRIPTION {}").format(stream))
        source.execute(sql.SQL("DROP PUBLICATION {}").format(stream))
