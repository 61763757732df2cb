"""DMS: a control plane whose state is real."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]

MAPPINGS = json.dumps({"rules": []})


@pytest.fixture
def dms(aws: Client) -> Any:
    return aws("dms")


def error_code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def subnet_group(dms: Any, subnets: list[str]) -> Iterator[str]:
    dms.create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="group-sample",
        ReplicationSubnetGroupDescription="sample",
        SubnetIds=subnets,
        Tags=[{"Key": "Layer", "Value": "migration"}],
    )
    yield "group-sample"
    dms.delete_replication_subnet_group(ReplicationSubnetGroupIdentifier="group-sample")


@pytest.fixture
def instance(dms: Any, subnet_group: str) -> Iterator[str]:
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier="instance-sample",
        ReplicationInstanceClass="dms.t3.medium",
        ReplicationSubnetGroupIdentifier=subnet_group,
    )
    arn = made["ReplicationInstance"]["ReplicationInstanceArn"]
    yield arn
    dms.delete_replication_instance(ReplicationInstanceArn=arn)


@pytest.fixture
def endpoints(dms: Any) -> Iterator[dict[str, str]]:
    made = {
        side: dms.create_endpoint(
            EndpointIdentifier=f"endpoint-{side}",
            EndpointType=side,
            EngineName="aurora-postgresql",
            ServerName="db.invalid",
            Port=5432,
            PostgreSQLSettings={"HeartbeatEnable": True, "HeartbeatFrequency": 5},
        )["Endpoint"]
        for side in ("source", "target")
    }
    assert {endpoint["Status"] for endpoint in made.values()} == {"active"}
    arns = {side: endpoint["EndpointArn"] for side, endpoint in made.items()}
    yield arns
    for arn in arns.values():
        dms.delete_endpoint(EndpointArn=arn)


@pytest.fixture
def task(dms: Any, instance: str, endpoints: dict[str, str]) -> Iterator[str]:
    arn = _create_task(dms, instance, endpoints)
    yield arn
    dms.delete_replication_task(ReplicationTaskArn=arn)


def _create_task(dms: Any, instance: str, endpoints: dict[str, str]) -> str:
    made = dms.create_replication_task(
        ReplicationTaskIdentifier="task-sample",
        SourceEndpointArn=endpoints["source"],
        TargetEndpointArn=endpoints["target"],
        ReplicationInstanceArn=instance,
        MigrationType="full-load-and-cdc",
        TableMappings=MAPPINGS,
        CdcStartPosition="0/1A2B3C4D",
    )
    return str(made["ReplicationTask"]["ReplicationTaskArn"])


def test_a_subnet_group_has_its_subnets_and_so_has_an_instance_in_it(
    dms: Any, vpc: str, subnets: list[str], subnet_group: str, instance: str
) -> None:
    group = dms.describe_replication_subnet_groups()["ReplicationSubnetGroups"][0]
    described = dms.describe_replication_instances()["ReplicationInstances"][0]
    for found in (group, described["ReplicationSubnetGroup"]):
        assert found["VpcId"] == vpc
        assert [subnet["SubnetIdentifier"] for subnet in found["Subnets"]] == subnets


def test_a_subnet_group_is_modified(dms: Any, subnets: list[str], subnet_group: str) -> None:
    changed = dms.modify_replication_subnet_group(
        ReplicationSubnetGroupIdentifier=subnet_group,
        ReplicationSubnetGroupDescription="changed",
        SubnetIds=subnets[:1],
    )["ReplicationSubnetGroup"]
    assert changed["ReplicationSubnetGroupDescription"] == "changed"
    assert [subnet["SubnetIdentifier"] for subnet in changed["Subnets"]] == subnets[:1]


def test_a_subnet_that_does_not_exist_is_refused(dms: Any) -> None:
    with pytest.raises(ClientError) as caught:
        dms.create_replication_subnet_group(
            ReplicationSubnetGroupIdentifier="group-broken",
            ReplicationSubnetGroupDescription="broken",
            SubnetIds=["subnet-00000000"],
        )
    assert error_code(caught) == "InvalidSubnet"


def test_tags_are_kept_by_arn(dms: Any, subnet_group: str) -> None:
    arn = f"arn:aws:dms:ap-southeast-1:123456789012:subgrp:{subnet_group}"
    dms.add_tags_to_resource(ResourceArn=arn, Tags=[{"Key": "Name", "Value": "sample"}])
    dms.remove_tags_from_resource(ResourceArn=arn, TagKeys=["Layer"])
    tags = dms.list_tags_for_resource(ResourceArn=arn)["TagList"]
    assert [(tag["Key"], tag["Value"]) for tag in tags] == [("Name", "sample")]


def test_an_endpoints_settings_are_merged(dms: Any, endpoints: dict[str, str]) -> None:
    changed = dms.modify_endpoint(
        EndpointArn=endpoints["source"],
        Port=5433,
        PostgreSQLSettings={"HeartbeatFrequency": 10},
    )["Endpoint"]
    assert changed["Port"] == 5433
    settings = changed["PostgreSQLSettings"]
    assert (settings["HeartbeatEnable"], settings["HeartbeatFrequency"]) == (True, 10)


def test_a_task_becomes_ready_and_has_loaded_nothing(dms: Any, task: str) -> None:
    described = dms.describe_replication_tasks()["ReplicationTasks"][0]
    assert described["Status"] == "ready"
    assert described["CdcStartPosition"] == "0/1A2B3C4D"
    assert "ReplicationTaskStats" not in described


def test_a_task_is_modified(dms: Any, task: str) -> None:
    mappings = json.dumps({"rules": [{"rule-type": "selection"}]})
    dms.modify_replication_task(ReplicationTaskArn=task, TableMappings=mappings)
    described = dms.describe_replication_tasks()["ReplicationTasks"][0]
    assert described["TableMappings"] == mappings


def test_a_task_needs_endpoints_that_exist(
    dms: Any, instance: str, endpoints: dict[str, str]
) -> None:
    unknown = endpoints["source"][:-4] + "0000"
    with pytest.raises(ClientError) as caught:
        _create_task(dms, instance, {**endpoints, "source": unknown})
    assert error_code(caught) == "ResourceNotFoundFault"


def test_an_instance_with_a_task_is_not_deleted(dms: Any, instance: str, task: str) -> None:
    with pytest.raises(ClientError) as caught:
        dms.delete_replication_instance(ReplicationInstanceArn=instance)
    assert error_code(caught) == "InvalidResourceStateFault"


def test_what_does_not_exist_is_a_fault_and_no_empty_list(dms: Any) -> None:
    for describe, name in (
        (dms.describe_endpoints, "endpoint-id"),
        (dms.describe_replication_instances, "replication-instance-id"),
        (dms.describe_replication_tasks, "replication-task-id"),
        (dms.describe_replication_subnet_groups, "replication-subnet-group-id"),
    ):
        with pytest.raises(ClientError) as caught:
            describe(Filters=[{"Name": name, "Values": ["unknown"]}])
        assert error_code(caught) == "ResourceNotFoundFault"
