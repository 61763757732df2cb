"""The replication task: complete, validated, strict, and not started by a deployment."""

import json

from tests.stacks.program import Recording


def test_the_task_loads_follows_and_validates_the_payments_schema(
    recordings: dict[str, Recording],
) -> None:
    task = recordings["migration"].one("ReplicationTask")
    settings = json.loads(task.inputs["replicationTaskSettings"])
    (rule,) = json.loads(task.inputs["tableMappings"])["rules"]

    assert task.inputs["migrationType"] == "full-load-and-cdc"
    assert task.inputs["startReplicationTask"] is False
    assert settings["ValidationSettings"]["EnableValidation"] is True
    assert settings["Logging"]["EnableLogging"] is True
    assert rule["object-locator"]["schema-name"] == "payments"


def test_no_error_of_the_data_is_passed_over(recordings: dict[str, Recording]) -> None:
    task = recordings["migration"].one("ReplicationTask")
    behaviour = json.loads(task.inputs["replicationTaskSettings"])["ErrorBehavior"]

    policies = {key: value for key, value in behaviour.items() if key.endswith("Policy")}
    assert len(policies) == 6
    assert set(policies.values()) == {"STOP_TASK"}
    assert behaviour["FailOnNoTablesCaptured"] is True


def test_endpoints_are_the_two_writers_and_keep_booleans(recordings: dict[str, Recording]) -> None:
    migration = recordings["migration"]

    for side in ("source", "target"):
        endpoint = migration.one("Endpoint", side)
        assert endpoint.inputs["endpointType"] == side
        assert endpoint.inputs["serverName"] == f"aurora-{side}-test.example"
        assert endpoint.inputs["username"] == f"secret-{side}-master-test-user"
        assert endpoint.inputs["postgresSettings"]["mapBooleanAsBoolean"] is True


def test_the_instance_is_private_in_the_migration_vpc(recordings: dict[str, Recording]) -> None:
    migration = recordings["migration"]
    instance = migration.one("ReplicationInstance")

    assert instance.inputs["publiclyAccessible"] is False
    assert instance.inputs["replicationInstanceClass"] == "dms.c5.xlarge"
    assert all(
        "migration-private" in subnet
        for subnet in migration.one("ReplicationSubnetGroup").inputs["subnetIds"]
    )
