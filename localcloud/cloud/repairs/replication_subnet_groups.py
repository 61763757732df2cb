"""DMS subnet groups: with the subnets that they were given, and tags by ARN.

Source: CreateReplicationSubnetGroup, ModifyReplicationSubnetGroup and ReplicationSubnetGroup, AWS
DMS API Reference. moto forgets the subnets and shows invented ones, for groups and for instances.
"""

import json
from collections.abc import Callable
from typing import Any

from moto.dms.exceptions import DmsClientError, ResourceNotFoundFault
from moto.dms.models import (
    DatabaseMigrationServiceBackend,
    FakeReplicationInstance,
    FakeReplicationSubnetGroup,
    dms_backends,
)
from moto.dms.responses import DatabaseMigrationServiceResponse
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import add_action, once

Response = DatabaseMigrationServiceResponse
Backend = DatabaseMigrationServiceBackend


class InvalidSubnetError(DmsClientError):
    """400 InvalidSubnet: a subnet that does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidSubnet", message)


@once
def install() -> None:
    """Repair moto's replication subnet groups."""
    wrap(Response, "create_replication_subnet_group", _create)
    add_action(Response, "modify_replication_subnet_group", _modify)
    wrap(Backend, "describe_replication_subnet_groups", _describe)
    wrap(Backend, "delete_replication_subnet_group", _delete)
    wrap(FakeReplicationSubnetGroup, "to_dict", _group_to_dict)
    wrap(FakeReplicationInstance, "to_dict", _instance_to_dict)


def _create(stock: Callable[[Response], str], response: Response) -> str:
    body = json.loads(response.body)
    subnets = _subnets(response, body["SubnetIds"])
    answer = json.loads(stock(response))
    identifier = answer["ReplicationSubnetGroup"]["ReplicationSubnetGroupIdentifier"]
    group: Any = response.dms_backend.replication_subnet_groups[identifier]
    group.subnets = subnets
    if body.get("Tags"):
        arn = f"arn:aws:dms:{response.region}:{response.current_account}:subgrp:{identifier}"
        response.dms_backend.tagger.tag_resource(arn, body["Tags"])
    return json.dumps({"ReplicationSubnetGroup": group.to_dict()})


def _modify(response: Response) -> str:
    body = json.loads(response.body)
    groups = response.dms_backend.replication_subnet_groups
    group: Any = groups.get(body["ReplicationSubnetGroupIdentifier"])
    if group is None:
        raise ResourceNotFoundFault("Replication subnet group could not be found.")
    group.subnets = _subnets(response, body["SubnetIds"])
    group.description = body.get("ReplicationSubnetGroupDescription", group.description)
    return json.dumps({"ReplicationSubnetGroup": group.to_dict()})


def _describe(stock: Callable[..., Any], backend: Backend, *arguments: Any, **keywords: Any) -> Any:
    found = stock(backend, *arguments, **keywords)
    if not found and keywords.get("filters"):
        raise ResourceNotFoundFault("No replication subnet groups found matching the filters.")
    return found


def _delete(
    stock: Callable[..., Any], backend: Backend, replication_subnet_group_identifier: str
) -> Any:
    identifier = replication_subnet_group_identifier
    group = stock(backend, identifier)
    arn = f"arn:aws:dms:{backend.region_name}:{backend.account_id}:subgrp:{identifier}"
    backend.tagger.delete_all_tags_for_resource(arn)
    return group


def _subnets(response: Response, subnet_ids: list[str]) -> list[Any]:
    backend = ec2_backends[response.current_account][response.region]
    try:
        return [backend.get_subnet(subnet_id) for subnet_id in subnet_ids]
    except EC2ClientError as error:
        raise InvalidSubnetError(f"One of the subnets {subnet_ids} does not exist.") from error


def _group_to_dict(
    stock: Callable[[Any], dict[str, Any]], group: FakeReplicationSubnetGroup
) -> dict[str, Any]:
    subnets = getattr(group, "subnets", [])
    return {
        **stock(group),
        "VpcId": subnets[0].vpc_id if subnets else "",
        "Subnets": [
            {
                "SubnetIdentifier": subnet.id,
                "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                "SubnetStatus": "Active",
            }
            for subnet in subnets
        ],
    }


def _instance_to_dict(
    stock: Callable[[Any], dict[str, Any]], instance: FakeReplicationInstance
) -> dict[str, Any]:
    description = stock(instance)
    identifier = instance.replication_subnet_group_identifier
    if identifier:
        account = instance.arn.split(":")[4]
        group = dms_backends[account][instance.region].replication_subnet_groups.get(identifier)
        description["ReplicationSubnetGroup"] = group.to_dict() if group is not None else None
    return {key: value for key, value in description.items() if value is not None}
