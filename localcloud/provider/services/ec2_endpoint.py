"""VPC endpoints, of the gateway and of the interface kind."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update
from localcloud.provider.expressions import ID, Added, Answer, Given, Removed
from localcloud.provider.services.ec2_common import TAGGING, arn

VPC_ENDPOINT = ResourceType(
    pulumi_type="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    create=Create(operation="CreateVpcEndpoint"),
    identifier=Answer("VpcEndpoint.VpcEndpointId"),
    read=(
        Read(
            operation="DescribeVpcEndpoints",
            arguments={"VpcEndpointIds": [ID]},
            path="VpcEndpoints[?State!='deleted' && State!='Deleted'] | [0]",
        ),
    ),
    delete=(Call(operation="DeleteVpcEndpoints", arguments={"VpcEndpointIds": [ID]}),),
    updates=(
        Update(
            operation="ModifyVpcEndpoint",
            properties=(
                "policy",
                "privateDnsEnabled",
                "routeTableIds",
                "securityGroupIds",
                "subnetIds",
            ),
            arguments={
                "VpcEndpointId": ID,
                "PolicyDocument": Given("policy"),
                "PrivateDnsEnabled": Given("privateDnsEnabled"),
                "AddRouteTableIds": Added("routeTableIds"),
                "RemoveRouteTableIds": Removed("routeTableIds"),
                "AddSecurityGroupIds": Added("securityGroupIds"),
                "RemoveSecurityGroupIds": Removed("securityGroupIds"),
                "AddSubnetIds": Added("subnetIds"),
                "RemoveSubnetIds": Removed("subnetIds"),
            },
        ),
    ),
    renames={"policy": "PolicyDocument"},
    outputs={
        "arn": arn("vpc-endpoint"),
        "securityGroupIds": "Groups[].GroupId",
    },
    defaults={"vpcEndpointType": "Gateway"},
    tagging=TAGGING,
    tag_specification="vpc-endpoint",
    rules=(
        rules.one_of("serviceName"),
        rules.policy_document("policy"),
        rules.allowed("vpcEndpointType", ("Gateway", "Interface")),
    ),
)

TYPES = (VPC_ENDPOINT,)
