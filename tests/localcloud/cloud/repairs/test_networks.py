"""VPC networking and security groups: refusals that moto lacks, and changes that it forgets."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@pytest.fixture
def ec2(aws: Client) -> Any:
    return aws("ec2")


def _code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_what_a_nat_gateway_uses_cannot_be_taken_away(ec2: Any, subnets: list[str]) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(AllocationId=address, SubnetId=subnets[0])["NatGateway"]
    assert _code(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    assert _code(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    within = [{"Name": "subnet-id", "Values": subnets}]
    assert ec2.describe_network_interfaces(Filters=within)["NetworkInterfaces"] == []
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]
    ec2.release_address(AllocationId=address)


def test_an_unknown_nat_gateway_is_told(ec2: Any) -> None:
    assert _code(ec2.delete_nat_gateway, NatGatewayId="nat-00000000") == "NatGatewayNotFound"


def test_a_route_needs_a_target_that_exists(ec2: Any, vpc: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    there = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    for arguments, code in (
        ({"NatGatewayId": "nat-00000000"}, "NatGatewayNotFound"),
        ({"TransitGatewayId": "tgw-00000000"}, "InvalidTransitGatewayID.NotFound"),
    ):
        assert _code(ec2.create_route, **there, **arguments) == code
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert [route["DestinationCidrBlock"] for route in routes] == ["10.8.0.0/16"]
    ec2.delete_route_table(RouteTableId=table)


def test_an_interface_endpoint_follows_its_subnets_and_its_switch(
    ec2: Any, vpc: str, subnets: list[str]
) -> None:
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.ap-southeast-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=subnets[:1],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    identifier = made["VpcEndpointId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=identifier, AddSubnetIds=subnets[1:], PrivateDnsEnabled=False
    )
    grown = ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]
    assert grown["PrivateDnsEnabled"] is False
    assert len(grown["NetworkInterfaceIds"]) == 2
    ec2.modify_vpc_endpoint(VpcEndpointId=identifier, RemoveSubnetIds=subnets[:1])
    shrunk = ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]
    assert len(shrunk["NetworkInterfaceIds"]) == 1
    assert shrunk["NetworkInterfaceIds"] != made["NetworkInterfaceIds"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[identifier])


def test_a_rule_between_groups_has_a_description_that_can_be_changed(ec2: Any, vpc: str) -> None:
    groups = [
        ec2.create_security_group(GroupName=name, Description="sample", VpcId=vpc)["GroupId"]
        for name in ("one", "two", "three")
    ]
    source = {"GroupId": groups[1], "Description": "from two"}
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    rule = ec2.authorize_security_group_ingress(
        GroupId=groups[0], IpPermissions=[{**permission, "UserIdGroupPairs": [source]}]
    )["SecurityGroupRules"][0]
    assert rule["Description"] == "from two"
    identifier = rule["SecurityGroupRuleId"]
    wanted = {**permission, "ReferencedGroupId": groups[2], "Description": "from three"}
    ec2.modify_security_group_rules(
        GroupId=groups[0],
        SecurityGroupRules=[{"SecurityGroupRuleId": identifier, "SecurityGroupRule": wanted}],
    )
    changed = ec2.describe_security_group_rules(SecurityGroupRuleIds=[identifier])
    found = changed["SecurityGroupRules"][0]
    assert found["Description"] == "from three"
    assert found["ReferencedGroupInfo"]["GroupId"] == groups[2]


def test_a_rule_for_all_protocols_is_changed_without_ports(ec2: Any, vpc: str) -> None:
    group = ec2.create_security_group(GroupName="all", Description="sample", VpcId=vpc)["GroupId"]
    permission = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    identifier = rule["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    wanted = {"IpProtocol": "-1", "CidrIpv4": "10.8.0.0/16"}
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": identifier, "SecurityGroupRule": wanted}],
    )
    changed = ec2.describe_security_group_rules(SecurityGroupRuleIds=[identifier])
    assert changed["SecurityGroupRules"][0]["CidrIpv4"] == "10.8.0.0/16"
