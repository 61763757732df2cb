"""Route tables, routes and associations."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update
from localcloud.provider.expressions import ID, Added, Answer, Given, Item, Removed, Text
from localcloud.provider.services.ec2_common import TAGGING, arn

_TARGETS = (
    "gatewayId",
    "natGatewayId",
    "transitGatewayId",
    "networkInterfaceId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
)

ROUTE_TABLE = ResourceType(
    pulumi_type="aws:ec2/routeTable:RouteTable",
    service="ec2",
    create=Create(operation="CreateRouteTable"),
    identifier=Answer("RouteTable.RouteTableId"),
    read=(
        Read(
            operation="DescribeRouteTables",
            arguments={"RouteTableIds": [ID]},
            path="RouteTables[0]",
        ),
    ),
    delete=(Call(operation="DeleteRouteTable", arguments={"RouteTableId": ID}),),
    updates=(
        Update(
            operation="DeleteRoute",
            properties=("routes",),
            arguments={"RouteTableId": ID, "DestinationCidrBlock": Item("cidrBlock")},
            for_each=Removed("routes"),
        ),
        Update(
            operation="CreateRoute",
            properties=("routes",),
            arguments={
                "RouteTableId": ID,
                "DestinationCidrBlock": Item("cidrBlock"),
                "GatewayId": Item("gatewayId"),
                "NatGatewayId": Item("natGatewayId"),
                "TransitGatewayId": Item("transitGatewayId"),
                "NetworkInterfaceId": Item("networkInterfaceId"),
                "VpcEndpointId": Item("vpcEndpointId"),
                "VpcPeeringConnectionId": Item("vpcPeeringConnectionId"),
            },
            for_each=Added("routes"),
        ),
    ),
    outputs={
        "arn": arn("route-table"),
        "routes": "Routes[?Origin=='CreateRoute'].{cidrBlock: DestinationCidrBlock, "
        "gatewayId: GatewayId, natGatewayId: NatGatewayId, transitGatewayId: TransitGatewayId, "
        "networkInterfaceId: NetworkInterfaceId, "
        "vpcPeeringConnectionId: VpcPeeringConnectionId}",
    },
    tagging=TAGGING,
    tag_specification="route-table",
)

ROUTE = ResourceType(
    pulumi_type="aws:ec2/route:Route",
    service="ec2",
    create=Create(operation="CreateRoute"),
    identifier=Text("r-{routeTableId}_{destinationCidrBlock}"),
    read=(
        Read(
            operation="DescribeRouteTables",
            arguments={"RouteTableIds": [Given("routeTableId")]},
            path="RouteTables[0].Routes",
            where={"DestinationCidrBlock": Given("destinationCidrBlock")},
        ),
    ),
    delete=(
        Call(
            operation="DeleteRoute",
            arguments={
                "RouteTableId": Given("routeTableId"),
                "DestinationCidrBlock": Given("destinationCidrBlock"),
            },
        ),
    ),
    updates=(
        Update(
            operation="ReplaceRoute",
            properties=_TARGETS,
            arguments={
                "RouteTableId": Given("routeTableId"),
                "DestinationCidrBlock": Given("destinationCidrBlock"),
                "GatewayId": Given("gatewayId"),
                "NatGatewayId": Given("natGatewayId"),
                "TransitGatewayId": Given("transitGatewayId"),
                "NetworkInterfaceId": Given("networkInterfaceId"),
                "VpcEndpointId": Given("vpcEndpointId"),
                "VpcPeeringConnectionId": Given("vpcPeeringConnectionId"),
            },
        ),
    ),
    delete_before_replace=True,
    rules=(
        rules.cidr("destinationCidrBlock"),
        rules.one_of("destinationCidrBlock"),
        rules.one_of(*_TARGETS),
    ),
)

ROUTE_TABLE_ASSOCIATION = ResourceType(
    pulumi_type="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    create=Create(operation="AssociateRouteTable"),
    identifier=Answer("AssociationId"),
    read=(
        Read(
            operation="DescribeRouteTables",
            arguments={"RouteTableIds": [Given("routeTableId")]},
            path="RouteTables[0].Associations",
            where={"RouteTableAssociationId": ID},
        ),
    ),
    delete=(Call(operation="DisassociateRouteTable", arguments={"AssociationId": ID}),),
    delete_before_replace=True,
    rules=(rules.one_of("subnetId", "gatewayId"),),
)

TYPES = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
