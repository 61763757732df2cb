"""VPCs, subnets, gateways, and VPC flow logs."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update, Waiter
from localcloud.provider.expressions import ID, Answer, Before, Computed, Given
from localcloud.provider.scope import Scope
from localcloud.provider.services.ec2_common import TAGGING, arn, filter_by


def _attribute(operation: str, id_argument: str, member: str, name: str) -> Update:
    """Return the update of one attribute; EC2 takes a single one a call."""
    return Update(
        operation=operation,
        properties=(name,),
        arguments={id_argument: ID, member: {"Value": Given(name, otherwise=False)}},
    )


VPC = ResourceType(
    pulumi_type="aws:ec2/vpc:Vpc",
    service="ec2",
    create=Create(operation="CreateVpc"),
    identifier=Answer("Vpc.VpcId"),
    read=(
        Read(operation="DescribeVpcs", arguments={"VpcIds": [ID]}, path="Vpcs[0]"),
        Read(
            operation="DescribeVpcAttribute",
            arguments={"VpcId": ID, "Attribute": "enableDnsHostnames"},
            path="{enableDnsHostnames: EnableDnsHostnames.Value}",
        ),
        Read(
            operation="DescribeVpcAttribute",
            arguments={"VpcId": ID, "Attribute": "enableDnsSupport"},
            path="{enableDnsSupport: EnableDnsSupport.Value}",
        ),
        Read(
            operation="DescribeRouteTables",
            arguments={"Filters": [filter_by("vpc-id", ID), filter_by("association.main", "true")]},
            path="RouteTables[0].{main_id: RouteTableId}",
        ),
        Read(
            operation="DescribeSecurityGroups",
            arguments={"Filters": [filter_by("vpc-id", ID), filter_by("group-name", "default")]},
            path="SecurityGroups[0].{group_id: GroupId}",
        ),
        Read(
            operation="DescribeNetworkAcls",
            arguments={"Filters": [filter_by("vpc-id", ID), filter_by("default", "true")]},
            path="NetworkAcls[0].{acl_id: NetworkAclId}",
        ),
    ),
    delete=(Call(operation="DeleteVpc", arguments={"VpcId": ID}),),
    updates=(
        # DNS support comes first: AWS refuses host names without it.
        _attribute("ModifyVpcAttribute", "VpcId", "EnableDnsSupport", "enableDnsSupport"),
        _attribute("ModifyVpcAttribute", "VpcId", "EnableDnsHostnames", "enableDnsHostnames"),
    ),
    outputs={
        "arn": arn("vpc"),
        "mainRouteTableId": "main_id",
        "defaultRouteTableId": "main_id",
        "defaultSecurityGroupId": "group_id",
        "defaultNetworkAclId": "acl_id",
    },
    tagging=TAGGING,
    tag_specification="vpc",
    rules=(rules.cidr("cidrBlock", shortest=16, longest=28), rules.one_of("cidrBlock")),
)

SUBNET = ResourceType(
    pulumi_type="aws:ec2/subnet:Subnet",
    service="ec2",
    create=Create(operation="CreateSubnet"),
    identifier=Answer("Subnet.SubnetId"),
    read=(Read(operation="DescribeSubnets", arguments={"SubnetIds": [ID]}, path="Subnets[0]"),),
    delete=(Call(operation="DeleteSubnet", arguments={"SubnetId": ID}),),
    updates=(
        _attribute(
            "ModifySubnetAttribute", "SubnetId", "MapPublicIpOnLaunch", "mapPublicIpOnLaunch"
        ),
    ),
    outputs={"arn": "SubnetArn"},
    tagging=TAGGING,
    tag_specification="subnet",
    rules=(rules.cidr("cidrBlock", shortest=16, longest=28), rules.one_of("cidrBlock")),
)

INTERNET_GATEWAY = ResourceType(
    pulumi_type="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    create=Create(operation="CreateInternetGateway"),
    identifier=Answer("InternetGateway.InternetGatewayId"),
    read=(
        Read(
            operation="DescribeInternetGateways",
            arguments={"InternetGatewayIds": [ID]},
            path="InternetGateways[0]",
        ),
    ),
    delete=(
        Call(
            operation="DetachInternetGateway",
            arguments={"InternetGatewayId": ID, "VpcId": Given("vpcId")},
            only_if=Given("vpcId"),
        ),
        Call(operation="DeleteInternetGateway", arguments={"InternetGatewayId": ID}),
    ),
    updates=(
        Update(
            operation="DetachInternetGateway",
            properties=("vpcId",),
            arguments={"InternetGatewayId": ID, "VpcId": Before("vpcId")},
            only_if=Before("vpcId"),
        ),
        Update(
            operation="AttachInternetGateway",
            properties=("vpcId",),
            arguments={"InternetGatewayId": ID, "VpcId": Given("vpcId")},
            only_if=Given("vpcId"),
        ),
    ),
    outputs={"arn": arn("internet-gateway"), "vpcId": "Attachments[0].VpcId"},
    tagging=TAGGING,
    tag_specification="internet-gateway",
)

ELASTIC_IP = ResourceType(
    pulumi_type="aws:ec2/eip:Eip",
    service="ec2",
    create=Create(operation="AllocateAddress"),
    identifier=Answer("AllocationId"),
    read=(
        Read(operation="DescribeAddresses", arguments={"AllocationIds": [ID]}, path="Addresses[0]"),
    ),
    delete=(Call(operation="ReleaseAddress", arguments={"AllocationId": ID}),),
    outputs={"arn": arn("elastic-ip"), "privateIp": "PrivateIpAddress"},
    defaults={"domain": "vpc"},
    tagging=TAGGING,
    tag_specification="elastic-ip",
    rules=(rules.allowed("domain", ("vpc",)),),
)

NAT_GATEWAY = ResourceType(
    pulumi_type="aws:ec2/natGateway:NatGateway",
    service="ec2",
    create=Create(operation="CreateNatGateway"),
    identifier=Answer("NatGateway.NatGatewayId"),
    read=(
        Read(
            operation="DescribeNatGateways",
            arguments={"NatGatewayIds": [ID]},
            path="NatGateways[?State!='deleted' && State!='failed'] | [0]",
        ),
    ),
    delete=(Call(operation="DeleteNatGateway", arguments={"NatGatewayId": ID}),),
    flatten=("NatGatewayAddresses[0]",),
    outputs={"networkInterfaceId": "NetworkInterfaceId", "privateIp": "PrivateIp"},
    defaults={"connectivityType": "public"},
    tagging=TAGGING,
    tag_specification="natgateway",
    wait_created=Waiter(name="nat_gateway_available", arguments={"NatGatewayIds": [ID]}),
    wait_deleted=Waiter(name="nat_gateway_deleted", arguments={"NatGatewayIds": [ID]}),
)


def _logged_resource(scope: Scope) -> str:
    """Return what kind of resource the traffic of which is logged."""
    return "VPC" if scope.inputs.get("vpcId") is not None else "Subnet"


FLOW_LOG = ResourceType(
    pulumi_type="aws:ec2/flowLog:FlowLog",
    service="ec2",
    create=Create(
        operation="CreateFlowLogs",
        arguments={
            "ResourceIds": [Given("vpcId"), Given("subnetId")],
            "ResourceType": Computed(_logged_resource, inputs=("vpcId", "subnetId")),
        },
        failure_path="Unsuccessful[0].Error.Message",
    ),
    identifier=Answer("FlowLogIds[0]"),
    read=(Read(operation="DescribeFlowLogs", arguments={"FlowLogIds": [ID]}, path="FlowLogs[0]"),),
    delete=(Call(operation="DeleteFlowLogs", arguments={"FlowLogIds": [ID]}),),
    renames={"iamRoleArn": "DeliverLogsPermissionArn"},
    outputs={
        "arn": arn("vpc-flow-log"),
        "vpcId": "starts_with(ResourceId, 'vpc-') && ResourceId || null",
        "subnetId": "starts_with(ResourceId, 'subnet-') && ResourceId || null",
    },
    tagging=TAGGING,
    tag_specification="vpc-flow-log",
    rules=(
        rules.one_of("vpcId", "subnetId"),
        rules.allowed("maxAggregationInterval", (60, 600)),
    ),
)

TYPES = (VPC, SUBNET, INTERNET_GATEWAY, ELASTIC_IP, NAT_GATEWAY, FLOW_LOG)
