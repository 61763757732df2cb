"""What a task that cannot replicate says, and when."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from psycopg import sql

from tests.localcloud.cloud.database_migration.support import PASSWORD, Pair, selecting
from tests.localcloud.conftest import eventually

pytestmark = pytest.mark.postgres

TABLE = "CREATE TABLE item (id int PRIMARY KEY, note text)"


def failure(pair: Pair, task: str) -> str:
    """Start a task, wait until it fails, and return why."""
    pair.start(task)
    failed = pair.await_status(task, "failed")
    message = str(failed["LastFailureMessage"])
    assert message.startswith("Last Error  ")
    assert message.endswith(" Stop Reason FATAL_ERROR Error Level FATAL")
    assert failed["StopReason"] == message
    return message


def assert_nothing_is_left(pair: Pair) -> None:
    database = "WHERE database = current_database()"
    assert pair.answer("source", f"SELECT slot_name FROM pg_replication_slots {database}") == []
    assert pair.answer("source", "SELECT pubname FROM pg_publication") == []


def test_a_source_without_logical_replication_is_told(pair: Pair) -> None:
    with pair.clusters.settings("physical", pair.database).connect(autocommit=True) as physical:
        physical.execute("CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY)")
    pair.target.execute(TABLE)
    task = pair.create_task(pair.endpoint("physical"))
    assert "rds.logical_replication to 1" in failure(pair, task)


def test_every_missing_privilege_is_told_at_once(pair: Pair) -> None:
    pair.execute(TABLE)
    for side in ("source", "target"):
        connection = pair.source if side == "source" else pair.target
        user = sql.Identifier(f"limited_{pair.name}")
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, sql.Literal(PASSWORD))
        )
    limited = {"Username": f"limited_{pair.name}"}
    task = pair.create_task(pair.endpoint("source", **limited), pair.endpoint("target", **limited))
    message = failure(pair, task)
    for reason in (
        "may not replicate",
        "source: user limited",
        "must be owner of table public.item",
        "is not a member of pg_create_subscription",
        "may not INSERT, UPDATE, DELETE, TRUNCATE table public.item",
    ):
        assert reason in message
    assert_nothing_is_left(pair)
    for connection in (pair.source, pair.target):
        connection.execute(sql.SQL("DROP ROLE {}").format(user))


def test_a_table_that_the_target_lacks_is_told_and_the_start_can_be_repeated(pair: Pair) -> None:
    pair.source.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1)")
    task = pair.create_task()
    assert "target: table public.item does not exist" in failure(pair, task)
    assert_nothing_is_left(pair)
    pair.target.execute("CREATE TABLE item (id int PRIMARY KEY)")
    pair.start(task, "resume-processing")
    failed = pair.await_status(task, "failed")
    assert "target: table public.item has no column note" in failed["LastFailureMessage"]
    pair.target.execute("ALTER TABLE item ADD note text")
    pair.run(task, "resume-processing")
    assert pair.same("SELECT * FROM item")


def test_no_selected_table_is_a_failure(pair: Pair) -> None:
    task = pair.create_task(mappings=selecting("absent%"))
    assert "No tables were found at task initialization." in failure(pair, task)


def test_a_transaction_that_stays_open_at_the_source_ends_the_start(pair: Pair) -> None:
    pair.execute(TABLE)
    settings = {
        "FullLoadSettings": {
            "TargetTablePrepMode": "DO_NOTHING",
            "TransactionConsistencyTimeout": 1,
        }
    }
    task = pair.create_task(settings=settings)
    with pair.source.transaction():
        pair.source.execute("INSERT INTO item VALUES (1)")
        assert "did not end within 1 s" in failure(pair, task)
    assert_nothing_is_left(pair)


def test_a_change_that_cannot_be_applied_fails_the_task_without_telling_values(
    pair: Pair,
) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    pair.target.execute("INSERT INTO item VALUES (5, 'a secret of the target')")
    pair.source.execute("INSERT INTO item VALUES (5, 'a secret of the source')")
    message = pair.await_status(task, "failed")["LastFailureMessage"]
    assert 'message type "INSERT" for replication target relation "public.item"' in message
    assert "secret" not in message
    assert pair.statistics(task)["item"]["TableState"] == "Table completed"
    pair.target.execute("DELETE FROM item")
    pair.run(task, "resume-processing")
    pair.await_same("SELECT * FROM item")


def test_a_load_that_meets_rows_fails_the_table(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.execute("INSERT INTO item VALUES (1, 'a secret')")
    settings = {"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}
    task = pair.create_task(settings=settings)
    message = failure(pair, task)
    assert 'duplicate key value violates unique constraint "item_pkey"' in message
    assert "secret" not in message
    assert pair.statistics(task)["item"]["TableState"] == "Table error"
    assert pair.describe(task)["ReplicationTaskStats"]["TablesErrored"] == 1


def test_an_update_without_its_row_fails_a_task_that_is_to_stop_then(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1)")
    task = pair.create_task()
    pair.run(task)
    pair.target.execute("DELETE FROM item")
    pair.source.execute("UPDATE item SET note = 'x'")
    failed = pair.await_status(task, "failed")
    assert "1 rows to update or delete do not exist" in failed["LastFailureMessage"]


def test_a_slot_that_is_gone_fails_the_resumption(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    pair.stop(task)
    pair.source.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
        " WHERE database = current_database()"
    )
    pair.start(task, "resume-processing")
    message = pair.await_status(task, "failed")["LastFailureMessage"]
    assert "is gone, so changes are missing: reload the target" in message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Password": "wrong"}, 'password authentication failed for user "payments_admin"'),
        ({"ServerName": "nowhere.invalid"}, "nowhere.invalid"),
        ({"Port": 1}, "Connection refused"),
        ({"SslMode": "none"}, "no encryption"),
        ({"SslMode": "verify-full"}, "SslMode verify-full needs a certificate"),
        ({"DatabaseName": "absent"}, 'database "absent" does not exist'),
    ],
    ids=lambda value: next(iter(value.values()), "") if isinstance(value, dict) else None,
)
def test_a_connection_that_fails_is_told_as_dms_tells_it(
    pair: Pair, changes: dict[str, Any], reason: str
) -> None:
    tested = pair.test(pair.endpoint("source", **changes))
    assert tested["Status"] == "failed"
    message = tested["LastFailureMessage"]
    assert message.startswith("Test Endpoint failed: Application-Status: 1020912")
    assert reason in message
    assert PASSWORD not in message


def test_servers_are_verified_with_an_imported_certificate(pair: Pair) -> None:
    pem = pair.clusters.certificate.read_text()
    made = pair.dms.import_certificate(CertificateIdentifier=pair.name, CertificatePem=pem)
    arn = made["Certificate"]["CertificateArn"]
    verified = {"SslMode": "verify-full", "CertificateArn": arn}
    assert pair.test(pair.endpoint("source", **verified))["Status"] == "successful"
    by_number = pair.endpoint("source", **verified, ServerName="127.0.0.1")
    assert pair.test(by_number)["Status"] == "successful"
    pair.execute(TABLE)
    task = pair.create_task(pair.endpoint("source", **verified))
    pair.run(task)
    pair.source.execute("INSERT INTO item VALUES (1)")
    pair.await_same("SELECT * FROM item")
    pair.delete(task)
    pair.dms.delete_certificate(CertificateArn=arn)
    assert pair.test(by_number)["Status"] == "failed"
    with pytest.raises(ClientError, match="InvalidCertificateFault"):
        pair.dms.import_certificate(CertificateIdentifier="broken", CertificatePem="no PEM")


def test_credentials_come_from_a_secret(pair: Pair) -> None:
    content = {
        "host": "localhost",
        "port": pair.clusters.ports["source"],
        "username": "payments_admin",
        "password": PASSWORD,
    }
    secrets = pair.client("secretsmanager")
    secret = secrets.create_secret(Name=pair.name, SecretString=json.dumps(content))["ARN"]

    def endpoint(of: str) -> str:
        made = pair.dms.create_endpoint(
            EndpointIdentifier=f"endpoint-{pair.name}-{of[-5:]}",
            EndpointType="source",
            EngineName="aurora-postgresql",
            SslMode="require",
            PostgreSQLSettings={
                "SecretsManagerSecretId": of,
                "SecretsManagerAccessRoleArn": "arn:aws:iam::123456789012:role/dms",
                "DatabaseName": pair.database,
            },
        )
        return str(made["Endpoint"]["EndpointArn"])

    assert pair.test(endpoint(secret))["Status"] == "successful"
    broken = pair.test(endpoint(secret[:-6] + "absent"))
    assert "Unable to find Secrets Manager secret" in broken["LastFailureMessage"]


def test_a_start_needs_tested_connections(pair: Pair) -> None:
    source = pair.endpoint("source")
    task = pair.create_task(source)
    pair.dms.modify_endpoint(EndpointArn=source, ServerName="127.0.0.1")
    with pytest.raises(ClientError, match="Test connection for replication instance and endpoint"):
        pair.start(task)
    assert pair.describe(task)["Status"] == "ready"


@pytest.mark.parametrize(
    ("settings", "kind", "name"),
    [
        ({"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}, "full-load", "DROP_AND"),
        ({"ValidationSettings": {"ValidationOnly": True}}, "cdc", "ValidationOnly"),
        ({"TargetMetadata": {"TargetSchema": "other"}}, "cdc", "TargetSchema"),
    ],
    ids=["drop-and-create", "validation-only", "target-schema"],
)
def test_settings_that_cannot_be_followed_are_refused_by_name(
    pair: Pair, settings: dict[str, Any], kind: str, name: str
) -> None:
    with pytest.raises(ClientError, match=name) as caught:
        pair.create_task(settings=settings, kind=kind)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"


def test_a_load_whose_preparation_is_not_said_is_refused(pair: Pair) -> None:
    task = pair.create_task(settings={})
    with pytest.raises(ClientError, match="TargetTablePrepMode"):
        pair.start(task)


def test_mappings_that_make_no_sense_are_refused(pair: Pair) -> None:
    for mappings in ("{", "[]", json.dumps({"rules": []})):
        with pytest.raises(ClientError, match="Error in mapping rules") as caught:
            pair.create_task(mappings=mappings)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_position_that_nothing_keeps_is_refused_by_name(pair: Pair) -> None:
    task = pair.create_task(kind="cdc", settings={}, CdcStartPosition="0/1A2B3C4D")
    with pytest.raises(ClientError, match="CdcStartPosition on a first start"):
        pair.start(task)


def test_an_endpoint_of_a_task_is_not_deleted(pair: Pair) -> None:
    source = pair.endpoint("source")
    pair.create_task(source)
    with pytest.raises(ClientError, match="is part of one or more ReplicationTasks"):
        pair.dms.delete_endpoint(EndpointArn=source)


def test_a_target_that_is_away_for_a_while_does_not_fail_the_task(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    with pair.clusters.settings("source", "postgres").connect(autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            " WHERE database = %s AND active",
            (pair.database,),
        )
    pair.source.execute("INSERT INTO item VALUES (1)")
    pair.await_same("SELECT * FROM item")
    eventually(lambda: pair.statistics(task)["item"]["Inserts"] == 1, 15)
    assert pair.describe(task)["Status"] == "running"
