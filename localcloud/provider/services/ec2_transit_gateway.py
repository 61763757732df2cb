"""Transit gateways: attachments of VPCs, route tables, associations, propagations, routes."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update
from localcloud.provider.expressions import (
    ID,
    Added,
    Answer,
    ByName,
    Computed,
    Given,
    Live,
    Removed,
    Text,
)
from localcloud.provider.scope import Scope
from localcloud.provider.services.ec2_common import TAGGING, arn, filter_by

_EXISTING = "[?State!='deleted' && State!='deleting'] | [0]"

_GATEWAY_OPTIONS = (
    "autoAcceptSharedAttachments",
    "defaultRouteTableAssociation",
    "defaultRouteTablePropagation",
    "dnsSupport",
    "vpnEcmpSupport",
)
_ATTACHMENT_OPTIONS = ("applianceModeSupport", "dnsSupport", "ipv6Support")

TRANSIT_GATEWAY = ResourceType(
    pulumi_type="aws:ec2transitgateway/transitGateway:TransitGateway",
    service="ec2",
    create=Create(
        operation="CreateTransitGateway",
        arguments={"Options": ByName(*_GATEWAY_OPTIONS, "amazonSideAsn", "multicastSupport")},
    ),
    identifier=Answer("TransitGateway.TransitGatewayId"),
    read=(
        Read(
            operation="DescribeTransitGateways",
            arguments={"TransitGatewayIds": [ID]},
            path=f"TransitGateways{_EXISTING}",
        ),
    ),
    delete=(Call(operation="DeleteTransitGateway", arguments={"TransitGatewayId": ID}),),
    updates=(
        Update(
            operation="ModifyTransitGateway",
            properties=("description", *_GATEWAY_OPTIONS),
            arguments={
                "TransitGatewayId": ID,
                "Description": Given("description", otherwise=""),
                "Options": ByName(*_GATEWAY_OPTIONS),
            },
        ),
    ),
    flatten=("Options",),
    outputs={"arn": "TransitGatewayArn"},
    tagging=TAGGING,
    tag_specification="transit-gateway",
)


def _default_table_reads(link: str) -> tuple[Read, ...]:
    """Return the read of whether an attachment has a link (association, propagation) to the
    gateway's default route table.
    """
    operation, path = {
        "Association": ("GetTransitGatewayRouteTableAssociations", "Associations"),
        "Propagation": (
            "GetTransitGatewayRouteTablePropagations",
            "TransitGatewayRouteTablePropagations",
        ),
    }[link]
    table = Live(f"default_tables.{link}")
    return (
        Read(
            operation=operation,
            arguments={
                "TransitGatewayRouteTableId": table,
                "Filters": [filter_by("transit-gateway-attachment-id", ID)],
            },
            path=f"{{has_{link}: length({path}) > `0`}}",
            only_if=table,
        ),
    )


def _default_table_updates(link: str, make: str, undo: str) -> tuple[Update, Update]:
    """Return the calls that make or undo a link to the gateway's default route table."""
    name = f"transitGatewayDefaultRouteTable{link}"

    def differs(wanted: bool) -> Computed:
        def condition(scope: Scope) -> bool:
            has = bool(scope.live.get(f"has_{link}"))
            return scope.inputs.get(name, True) is wanted and has is not wanted

        return Computed(condition, inputs=(name,))

    made, undone = (
        Update(
            operation=operation,
            properties=(name,),
            arguments={
                "TransitGatewayRouteTableId": Live(f"default_tables.{link}"),
                "TransitGatewayAttachmentId": ID,
            },
            only_if=differs(wanted),
        )
        for operation, wanted in ((make, True), (undo, False))
    )
    return made, undone


VPC_ATTACHMENT = ResourceType(
    pulumi_type="aws:ec2transitgateway/vpcAttachment:VpcAttachment",
    service="ec2",
    create=Create(
        operation="CreateTransitGatewayVpcAttachment",
        arguments={"Options": ByName(*_ATTACHMENT_OPTIONS)},
    ),
    identifier=Answer("TransitGatewayVpcAttachment.TransitGatewayAttachmentId"),
    read=(
        Read(
            operation="DescribeTransitGatewayVpcAttachments",
            arguments={"TransitGatewayAttachmentIds": [ID]},
            path=f"TransitGatewayVpcAttachments{_EXISTING}",
        ),
        Read(
            operation="DescribeTransitGateways",
            arguments={"TransitGatewayIds": [Live("TransitGatewayId")]},
            path="{default_tables: TransitGateways[0].Options.{"
            "Association: AssociationDefaultRouteTableId,"
            " Propagation: PropagationDefaultRouteTableId}}",
        ),
        *_default_table_reads("Association"),
        *_default_table_reads("Propagation"),
    ),
    delete=(
        Call(
            operation="DeleteTransitGatewayVpcAttachment",
            arguments={"TransitGatewayAttachmentId": ID},
        ),
    ),
    updates=(
        Update(
            operation="ModifyTransitGatewayVpcAttachment",
            properties=("subnetIds", *_ATTACHMENT_OPTIONS),
            arguments={
                "TransitGatewayAttachmentId": ID,
                "AddSubnetIds": Added("subnetIds"),
                "RemoveSubnetIds": Removed("subnetIds"),
                "Options": ByName(*_ATTACHMENT_OPTIONS),
            },
        ),
        *_default_table_updates(
            "Association",
            "AssociateTransitGatewayRouteTable",
            "DisassociateTransitGatewayRouteTable",
        ),
        *_default_table_updates(
            "Propagation",
            "EnableTransitGatewayRouteTablePropagation",
            "DisableTransitGatewayRouteTablePropagation",
        ),
    ),
    flatten=("Options",),
    outputs={
        "arn": arn("transit-gateway-attachment"),
        "transitGatewayDefaultRouteTableAssociation": "has_Association",
        "transitGatewayDefaultRouteTablePropagation": "has_Propagation",
    },
    tagging=TAGGING,
    tag_specification="transit-gateway-attachment",
)

ROUTE_TABLE = ResourceType(
    pulumi_type="aws:ec2transitgateway/routeTable:RouteTable",
    service="ec2",
    create=Create(operation="CreateTransitGatewayRouteTable"),
    identifier=Answer("TransitGatewayRouteTable.TransitGatewayRouteTableId"),
    read=(
        Read(
            operation="DescribeTransitGatewayRouteTables",
            arguments={"TransitGatewayRouteTableIds": [ID]},
            path=f"TransitGatewayRouteTables{_EXISTING}",
        ),
    ),
    delete=(
        Call(
            operation="DeleteTransitGatewayRouteTable",
            arguments={"TransitGatewayRouteTableId": ID},
        ),
    ),
    outputs={
        "arn": arn("transit-gateway-route-table"),
        "defaultAssociationRouteTable": "DefaultAssociationRouteTable",
        "defaultPropagationRouteTable": "DefaultPropagationRouteTable",
    },
    tagging=TAGGING,
    tag_specification="transit-gateway-route-table",
)

_TABLE_AND_ATTACHMENT = {
    "TransitGatewayRouteTableId": Given("transitGatewayRouteTableId"),
    "TransitGatewayAttachmentId": Given("transitGatewayAttachmentId"),
}
_IMPORT_PARTS = ("_", ("transitGatewayRouteTableId", "transitGatewayAttachmentId"))

ROUTE_TABLE_ASSOCIATION = ResourceType(
    pulumi_type="aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    create=Create(operation="AssociateTransitGatewayRouteTable"),
    identifier=Text("{transitGatewayRouteTableId}_{transitGatewayAttachmentId}"),
    read=(
        Read(
            operation="GetTransitGatewayRouteTableAssociations",
            arguments={
                "TransitGatewayRouteTableId": Given("transitGatewayRouteTableId"),
                "Filters": [
                    filter_by("transit-gateway-attachment-id", Given("transitGatewayAttachmentId"))
                ],
            },
            path="Associations[?State!='disassociated']",
            where={"TransitGatewayAttachmentId": Given("transitGatewayAttachmentId")},
        ),
    ),
    delete=(
        Call(operation="DisassociateTransitGatewayRouteTable", arguments=_TABLE_AND_ATTACHMENT),
    ),
    delete_before_replace=True,
    import_parts=_IMPORT_PARTS,
)

ROUTE_TABLE_PROPAGATION = ResourceType(
    pulumi_type="aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation",
    service="ec2",
    create=Create(operation="EnableTransitGatewayRouteTablePropagation"),
    identifier=Text("{transitGatewayRouteTableId}_{transitGatewayAttachmentId}"),
    read=(
        Read(
            operation="GetTransitGatewayRouteTablePropagations",
            arguments={
                "TransitGatewayRouteTableId": Given("transitGatewayRouteTableId"),
                "Filters": [
                    filter_by("transit-gateway-attachment-id", Given("transitGatewayAttachmentId"))
                ],
            },
            path="TransitGatewayRouteTablePropagations[?State!='disabled']",
            where={"TransitGatewayAttachmentId": Given("transitGatewayAttachmentId")},
        ),
    ),
    delete=(
        Call(
            operation="DisableTransitGatewayRouteTablePropagation",
            arguments=_TABLE_AND_ATTACHMENT,
        ),
    ),
    delete_before_replace=True,
    import_parts=_IMPORT_PARTS,
)

ROUTE = ResourceType(
    pulumi_type="aws:ec2transitgateway/route:Route",
    service="ec2",
    create=Create(operation="CreateTransitGatewayRoute"),
    identifier=Text("{transitGatewayRouteTableId}_{destinationCidrBlock}"),
    read=(
        Read(
            operation="SearchTransitGatewayRoutes",
            arguments={
                "TransitGatewayRouteTableId": Given("transitGatewayRouteTableId"),
                "Filters": [filter_by("type", "static")],
            },
            path="Routes[?State!='deleted']",
            where={"DestinationCidrBlock": Given("destinationCidrBlock")},
        ),
    ),
    delete=(
        Call(
            operation="DeleteTransitGatewayRoute",
            arguments={
                "TransitGatewayRouteTableId": Given("transitGatewayRouteTableId"),
                "DestinationCidrBlock": Given("destinationCidrBlock"),
            },
        ),
    ),
    flatten=("TransitGatewayAttachments[0]",),
    outputs={"blackhole": "State=='blackhole'"},
    delete_before_replace=True,
    import_parts=("_", ("transitGatewayRouteTableId", "destinationCidrBlock")),
    rules=(rules.cidr("destinationCidrBlock"),),
)

TYPES = (
    TRANSIT_GATEWAY,
    VPC_ATTACHMENT,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    ROUTE_TABLE_PROPAGATION,
    ROUTE,
)
