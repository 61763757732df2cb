"""The two VPCs and what joins them."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from tests.stacks.conftest import Runner
from tests.stacks.program import Recording


@pytest.fixture
def network(recordings: dict[str, Recording]) -> Recording:
    """The network program."""
    return recordings["network"]


def test_both_vpcs_have_three_tiers_in_the_first_three_zones(network: Recording) -> None:
    subnets = network.of_type("Subnet")
    ranges = [IPv4Network(subnet.inputs["cidrBlock"]) for subnet in subnets]

    assert {v.inputs["cidrBlock"] for v in network.of_type("Vpc")} == {
        "10.0.0.0/16",
        "10.1.0.0/16",
    }
    assert len(subnets) == 18
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))
    assert {subnet.inputs["availabilityZone"] for subnet in subnets} == {
        "eu-central-1a",
        "eu-central-1b",
        "eu-central-1c",
    }


@pytest.mark.parametrize(("choice", "gateways"), [("none", 0), ("single", 2), ("per-az", 6)])
def test_nat_gateways_follow_the_choice(run_program: Runner, choice: str, gateways: int) -> None:
    recording = run_program("network", {}, {"network:natGateways": choice})

    routes = [r for r in recording.of_type("Route") if "natGatewayId" in r.inputs]
    assert recording.error == ""
    assert len(recording.of_type("NatGateway")) == gateways
    assert len(recording.of_type("Eip")) == gateways
    assert len(routes) == (6 if gateways else 0)
    assert len({route.inputs["natGatewayId"] for route in routes}) == gateways


def test_a_zone_uses_its_own_nat_gateway_where_it_has_one(run_program: Runner) -> None:
    recording = run_program("network", {}, {"network:natGateways": "per-az"})

    for route in recording.of_type("Route"):
        gateway = route.inputs.get("natGatewayId")
        if gateway:
            vpc, zone = route.name.split("-")[1], route.name.split("-")[3]
            assert gateway == f"nat-gateway-{vpc}-public-{zone}-test-id"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"network:natGateways": "two"}, "natGateways is 'two'; choose none, single, per-az"),
        (
            {"network:interfaceEndpoints": '["ssm", "sqs"]'},
            "network:interfaceEndpoints is 'sqs'; choose secretsmanager, ssm, kms, ",
        ),
        ({"network:interfaceEndpoints": '"ssm"'}, "is 'ssm'; it has to be a list"),
        ({"network:migrationCidr": "10.0.0.0/16"}, "overlap"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(
    run_program: Runner, changes: dict[str, str], complaint: str
) -> None:
    recording = run_program("network", {}, changes)

    assert complaint in recording.error
    assert recording.cloud == []


def test_flow_logs_and_interface_endpoints_can_be_left_out(run_program: Runner) -> None:
    recording = run_program(
        "network", {}, {"network:flowLogs": "false", "network:interfaceEndpoints": "[]"}
    )

    assert recording.error == ""
    assert recording.of_type("FlowLog") == recording.of_type("Key") == []
    assert [e.inputs["vpcEndpointType"] for e in recording.of_type("VpcEndpoint")] == [
        "Gateway",
        "Gateway",
    ]


def test_only_public_subnets_reach_the_internet_directly(network: Recording) -> None:
    direct = [r.name for r in network.of_type("Route") if "gatewayId" in r.inputs]

    assert sorted(direct) == [
        "route-migration-public-internet-test",
        "route-production-public-internet-test",
    ]


def test_both_vpcs_reach_each_other_through_the_transit_gateway(network: Recording) -> None:
    gateway = network.one("TransitGateway")
    crossing = {
        route.name: route.inputs["destinationCidrBlock"]
        for route in network.of_type("Route")
        if "transitGatewayId" in route.inputs
    }

    assert gateway.inputs["defaultRouteTableAssociation"] == "disable"
    assert gateway.inputs["defaultRouteTablePropagation"] == "disable"
    assert len(crossing) == 8
    assert all(
        block == ("10.1.0.0/16" if name.startswith("route-production") else "10.0.0.0/16")
        for name, block in crossing.items()
    )
    assert len(network.of_type("RouteTablePropagation")) == 2


def test_databases_accept_functions_and_replication_and_nobody_else(network: Recording) -> None:
    accepted = {
        rule.name: rule.inputs.get("cidrIpv4") or rule.inputs["referencedSecurityGroupId"]
        for rule in network.of_type("SecurityGroupIngressRule")
        if rule.inputs["fromPort"] == 5432
    }

    assert accepted == {
        "ingress-source-database-from-functions-test": "security-group-functions-test-id",
        "ingress-source-database-from-replication-test": "10.1.64.0/18",
        "ingress-target-database-from-functions-test": "10.0.64.0/18",
        "ingress-target-database-from-replication-test": "security-group-replication-test-id",
    }


def test_the_network_may_read_no_other_layer(run_program: Runner) -> None:
    assert "pulumi:pulumi:StackReference" not in {
        resource.type for resource in run_program("network", {}).resources
    }
