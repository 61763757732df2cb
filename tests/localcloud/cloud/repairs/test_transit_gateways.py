"""Transit gateways: tables that know their attachments, and errors instead of crashes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@pytest.fixture
def ec2(aws: Client) -> Any:
    return aws("ec2")


def _gateway(ec2: Any, default: str) -> str:
    options = {
        "DefaultRouteTableAssociation": default,
        "DefaultRouteTablePropagation": default,
    }
    return str(ec2.create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"])


def _attach(ec2: Any, gateway: str, vpc: str, subnets: list[str]) -> str:
    made = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway,
        VpcId=vpc,
        SubnetIds=subnets,
        TagSpecifications=[
            {
                "ResourceType": "transit-gateway-attachment",
                "Tags": [{"Key": "Name", "Value": "sample"}],
            }
        ],
    )
    return str(made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])


def _table(ec2: Any, gateway: str) -> str:
    made = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)
    return str(made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"])


@pytest.fixture
def gateway(ec2: Any) -> Iterator[str]:
    made = _gateway(ec2, "disable")
    yield made
    ec2.delete_transit_gateway(TransitGatewayId=made)


@pytest.fixture
def attachment(ec2: Any, gateway: str, vpc: str, subnets: list[str]) -> Iterator[str]:
    made = _attach(ec2, gateway, vpc, subnets)
    yield made
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=made)


@pytest.fixture
def table(ec2: Any, gateway: str) -> str:
    return _table(ec2, gateway)


def _refused(call: Callable[..., Any], code: str, **arguments: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def test_an_attachment_keeps_its_tags_and_has_no_default_association(
    ec2: Any, attachment: str
) -> None:
    found = ec2.describe_transit_gateway_attachments(TransitGatewayAttachmentIds=[attachment])
    described = found["TransitGatewayAttachments"][0]
    assert described["Tags"] == [{"Key": "Name", "Value": "sample"}]
    assert "Association" not in described


def test_the_defaults_apply_where_the_gateway_enables_them(
    ec2: Any, vpc: str, subnets: list[str]
) -> None:
    gateway = _gateway(ec2, "enable")
    attachment = _attach(ec2, gateway, vpc, subnets)
    options = ec2.describe_transit_gateways(TransitGatewayIds=[gateway])["TransitGateways"][0]
    default = options["Options"]["AssociationDefaultRouteTableId"]
    associations = ec2.get_transit_gateway_route_table_associations(
        TransitGatewayRouteTableId=default
    )["Associations"]
    assert [each["TransitGatewayAttachmentId"] for each in associations] == [attachment]
    assert _routes(ec2, default) == [("10.8.0.0/16", "propagated", [attachment])]
    _refused(ec2.delete_transit_gateway, "IncorrectState", TransitGatewayId=gateway)
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attachment)
    ec2.delete_transit_gateway(TransitGatewayId=gateway)


def _routes(ec2: Any, table: str, kind: str | None = None) -> list[tuple[str, str, list[str]]]:
    filters = [{"Name": "type", "Values": [kind] if kind else ["static", "propagated"]}]
    found = ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=table, Filters=filters)
    return [
        (
            route["DestinationCidrBlock"],
            route["Type"],
            [each["TransitGatewayAttachmentId"] for each in route["TransitGatewayAttachments"]],
        )
        for route in found["Routes"]
    ]


def test_an_attachment_is_associated_with_one_table(
    ec2: Any, gateway: str, attachment: str, table: str
) -> None:
    both = {"TransitGatewayRouteTableId": table, "TransitGatewayAttachmentId": attachment}
    ec2.associate_transit_gateway_route_table(**both)
    other = {**both, "TransitGatewayRouteTableId": _table(ec2, gateway)}
    _refused(ec2.associate_transit_gateway_route_table, "Resource.AlreadyAssociated", **other)
    _refused(
        ec2.delete_transit_gateway_route_table, "IncorrectState", TransitGatewayRouteTableId=table
    )
    ec2.disassociate_transit_gateway_route_table(**both)
    _refused(ec2.disassociate_transit_gateway_route_table, "InvalidAssociation.NotFound", **both)


def test_an_attachment_propagates_to_any_number_of_tables(
    ec2: Any, gateway: str, attachment: str, table: str
) -> None:
    tables = [table, _table(ec2, gateway)]
    for each in tables:
        both = {"TransitGatewayRouteTableId": each, "TransitGatewayAttachmentId": attachment}
        ec2.enable_transit_gateway_route_table_propagation(**both)
        _refused(
            ec2.enable_transit_gateway_route_table_propagation,
            "TransitGatewayRouteTablePropagation.Duplicate",
            **both,
        )
    for each in tables:
        assert _routes(ec2, each) == [("10.8.0.0/16", "propagated", [attachment])]
        both = {"TransitGatewayRouteTableId": each, "TransitGatewayAttachmentId": attachment}
        ec2.disable_transit_gateway_route_table_propagation(**both)
        assert _routes(ec2, each) == []
        _refused(
            ec2.disable_transit_gateway_route_table_propagation,
            "TransitGatewayRouteTablePropagation.NotFound",
            **both,
        )


def test_a_static_route_shows_its_attachment_and_goes_before_a_propagated_one(
    ec2: Any, attachment: str, table: str
) -> None:
    both = {"TransitGatewayRouteTableId": table, "TransitGatewayAttachmentId": attachment}
    ec2.enable_transit_gateway_route_table_propagation(**both)
    ec2.create_transit_gateway_route(DestinationCidrBlock="10.8.0.0/16", **both)
    assert _routes(ec2, table) == [("10.8.0.0/16", "static", [attachment])]
    assert _routes(ec2, table, "propagated") == []
    there = {"TransitGatewayRouteTableId": table, "DestinationCidrBlock": "10.8.0.0/16"}
    ec2.delete_transit_gateway_route(**there)
    _refused(ec2.delete_transit_gateway_route, "InvalidRoute.NotFound", **there)
    ec2.disable_transit_gateway_route_table_propagation(**both)


def test_what_does_not_exist_is_told(ec2: Any) -> None:
    _refused(
        ec2.delete_transit_gateway, "InvalidTransitGatewayID.NotFound", TransitGatewayId="tgw-0"
    )
    _refused(
        ec2.delete_transit_gateway_vpc_attachment,
        "InvalidTransitGatewayAttachmentID.NotFound",
        TransitGatewayAttachmentId="tgw-attach-0",
    )
    _refused(
        ec2.delete_transit_gateway_route_table,
        "InvalidRouteTableID.NotFound",
        TransitGatewayRouteTableId="tgw-rtb-0",
    )
