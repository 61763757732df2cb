"""The replication tasks: complete, strict, both ways without a loop, and not started here."""

import json
from typing import Any

import pytest

from stacks.migration.inputs import SCHEMA
from tests.stacks.program import Recording, Resource

WAYS = ("replication-task-payments", "replication-task-reverse")


@pytest.fixture(params=WAYS)
def task(migration: Recording, request: pytest.FixtureRequest) -> Resource:
    """One of the two tasks, each in turn."""
    return migration.one("ReplicationTask", request.param)


@pytest.fixture
def settings(task: Resource) -> dict[str, Any]:
    """Its settings."""
    found: dict[str, Any] = json.loads(task.inputs["replicationTaskSettings"])
    return found


def test_one_way_loads_and_both_follow(migration: Recording) -> None:
    kinds = [migration.one("ReplicationTask", way).inputs["migrationType"] for way in WAYS]

    assert kinds == ["full-load-and-cdc", "cdc"]


def test_a_task_takes_the_payments_schema_and_is_not_started(
    task: Resource, settings: dict[str, Any]
) -> None:
    (rule,) = json.loads(task.inputs["tableMappings"])["rules"]

    assert task.inputs["startReplicationTask"] is False
    assert rule["object-locator"]["schema-name"] == SCHEMA
    assert settings["ValidationSettings"]["EnableValidation"] is True
    assert settings["Logging"]["EnableLogging"] is True


def test_neither_task_takes_what_the_other_has_written(settings: dict[str, Any]) -> None:
    prevention = settings["LoopbackPreventionSettings"]

    assert prevention["EnableLoopbackPrevention"] is True
    # Each schema is the other task's on the same database.
    assert prevention["SourceSchema"] == prevention["TargetSchema"]


def test_no_error_of_the_data_is_passed_over(settings: dict[str, Any]) -> None:
    behaviour = settings["ErrorBehavior"]

    policies = {key: value for key, value in behaviour.items() if key.endswith("Policy")}
    assert len(policies) == 6
    assert set(policies.values()) == {"STOP_TASK"}
    assert behaviour["FailOnNoTablesCaptured"] is True


def test_tables_with_foreign_keys_and_required_large_objects_can_be_loaded(
    settings: dict[str, Any], migration: Recording
) -> None:
    lobs = settings["TargetMetadata"]

    assert settings["FullLoadSettings"]["TargetTablePrepMode"] == "DO_NOTHING"
    assert (lobs["LimitedSizeLobMode"], lobs["FullLobMode"]) == (True, False)
    assert lobs["LobMaxSize"] >= 1024
    for endpoint in migration.of_type("Endpoint"):
        postgres = endpoint.inputs["postgresSettings"]
        if endpoint.inputs["endpointType"] == "target":
            assert postgres["afterConnectScript"] == "SET session_replication_role = 'replica'"
        else:
            assert postgres["failTasksOnLobTruncation"] is True


@pytest.mark.parametrize(
    ("endpoint", "part", "side"),
    [
        ("replication-endpoint-source", "source", "source"),
        ("replication-endpoint-target", "target", "target"),
        ("replication-endpoint-reverse-source", "source", "target"),
        ("replication-endpoint-reverse-target", "target", "source"),
    ],
)
def test_endpoints_are_the_two_writers_and_keep_booleans(
    migration: Recording, endpoint: str, part: str, side: str
) -> None:
    inputs = migration.one("Endpoint", f"{endpoint}-test").inputs

    assert inputs["endpointType"] == part
    assert inputs["serverName"] == f"aurora-{side}-test.example"
    assert inputs["username"] == f"secret-{side}-master-test-user"
    assert inputs["postgresSettings"]["mapBooleanAsBoolean"] is True


def test_numbers_without_precision_are_carried_as_text_on_every_endpoint(
    migration: Recording,
) -> None:
    attributes = [
        endpoint.inputs["extraConnectionAttributes"] for endpoint in migration.of_type("Endpoint")
    ]

    assert attributes == ["MapUnboundedNumericAsString=true"] * 4


def test_the_instance_is_private_in_the_migration_vpc(migration: Recording) -> None:
    instance = migration.one("ReplicationInstance")

    assert instance.inputs["publiclyAccessible"] is False
    assert instance.inputs["replicationInstanceClass"] == "dms.c5.xlarge"
    assert all(
        "migration-private" in subnet
        for subnet in migration.one("ReplicationSubnetGroup").inputs["subnetIds"]
    )
