"""Samples of VPC networking."""

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, changed_tags, sample
from tests.localcloud.provider.surroundings import allowing

sample(
    "aws:ec2/vpc:Vpc",
    lambda s: {"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
    lambda s: {"enableDnsHostnames": False, "tags": OTHER_TAGS},
)
sample(
    "aws:ec2/subnet:Subnet",
    lambda s: {
        "vpcId": s.vpc,
        "cidrBlock": "10.7.9.0/24",
        "availabilityZone": "ap-southeast-1a",
        "tags": TAGS,
    },
    lambda s: {"mapPublicIpOnLaunch": True, "tags": OTHER_TAGS},
)
sample(
    "aws:ec2/internetGateway:InternetGateway",
    lambda s: {"vpcId": s.vpc, "tags": TAGS},
    lambda s: {"vpcId": None, "tags": OTHER_TAGS},
)
sample("aws:ec2/eip:Eip", lambda s: {"domain": "vpc", "tags": TAGS}, changed_tags)
sample(
    "aws:ec2/natGateway:NatGateway",
    lambda s: {"allocationId": s.elastic_ip, "subnetId": s.subnets[0], "tags": TAGS},
    changed_tags,
)
sample(
    "aws:ec2/routeTable:RouteTable",
    lambda s: {
        "vpcId": s.vpc,
        "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": s.internet_gateway}],
        "tags": TAGS,
    },
    lambda s: {
        "routes": [{"cidrBlock": "10.0.0.0/8", "natGatewayId": s.nat_gateway}],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:ec2/route:Route",
    lambda s: {
        "routeTableId": s.route_table,
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": s.internet_gateway,
    },
    lambda s: {"gatewayId": None, "natGatewayId": s.nat_gateway},
)
sample(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    lambda s: {"routeTableId": s.route_table, "subnetId": s.subnets[0]},
)
sample(
    "aws:ec2/securityGroup:SecurityGroup",
    lambda s: {
        "name": s.name("group-test"),
        "vpcId": s.vpc,
        "description": "sample",
        "ingress": [
            {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
        ],
        "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
        "tags": TAGS,
    },
    lambda s: {
        "ingress": [
            {
                "protocol": "tcp",
                "fromPort": 5432,
                "toPort": 5432,
                "securityGroups": [s.security_group],
            }
        ],
        "egress": None,
        "tags": OTHER_TAGS,
    },
)
for _direction in ("Ingress", "Egress"):
    sample(
        f"aws:vpc/securityGroup{_direction}Rule:SecurityGroup{_direction}Rule",
        lambda s: {
            "securityGroupId": s.security_group,
            "ipProtocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "cidrIpv4": "10.7.0.0/16",
            "description": "database",
            "tags": TAGS,
        },
        lambda s: {"fromPort": 5433, "toPort": 5433, "tags": OTHER_TAGS},
    )
    sample(
        f"aws:vpc/securityGroup{_direction}Rule:SecurityGroup{_direction}Rule",
        lambda s: {
            "securityGroupId": s.security_group,
            "referencedSecurityGroupId": s.other_security_group,
            "ipProtocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "description": "from the functions",
        },
        lambda s: {"description": "from the workers"},
    )
sample(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    lambda s: {
        "vpcId": s.vpc,
        "serviceName": "com.amazonaws.ap-southeast-1.s3",
        "routeTableIds": [s.route_table],
        "tags": TAGS,
    },
    lambda s: {"policy": allowing("s3:GetObject"), "routeTableIds": [], "tags": OTHER_TAGS},
)
sample(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    lambda s: {
        "vpcId": s.vpc,
        "serviceName": "com.amazonaws.ap-southeast-1.secretsmanager",
        "vpcEndpointType": "Interface",
        "subnetIds": s.subnets[:1],
        "securityGroupIds": [s.security_group],
        "privateDnsEnabled": True,
        "tags": TAGS,
    },
    lambda s: {
        "subnetIds": s.subnets,
        "securityGroupIds": [s.other_security_group],
        "privateDnsEnabled": False,
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:ec2/flowLog:FlowLog",
    lambda s: {
        "vpcId": s.vpc,
        "trafficType": "ALL",
        "logDestination": s.log_group.outputs["arn"],
        "logDestinationType": "cloud-watch-logs",
        "iamRoleArn": s.role.outputs["arn"],
        "maxAggregationInterval": 60,
        "tags": TAGS,
    },
    changed_tags,
)
sample(
    "aws:ec2transitgateway/transitGateway:TransitGateway",
    lambda s: {
        "description": "sample",
        "amazonSideAsn": 64512,
        "defaultRouteTableAssociation": "disable",
        "defaultRouteTablePropagation": "disable",
        "tags": TAGS,
    },
    lambda s: {"description": "changed", "dnsSupport": "disable", "tags": OTHER_TAGS},
)
sample(
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
    lambda s: {
        "transitGatewayId": s.transit_gateway,
        "vpcId": s.vpc,
        "subnetIds": s.subnets[:1],
        "dnsSupport": "enable",
        "transitGatewayDefaultRouteTableAssociation": False,
        "transitGatewayDefaultRouteTablePropagation": False,
        "tags": TAGS,
    },
    lambda s: {"subnetIds": s.subnets, "dnsSupport": "disable", "tags": OTHER_TAGS},
)
sample(
    "aws:ec2transitgateway/routeTable:RouteTable",
    lambda s: {"transitGatewayId": s.transit_gateway, "tags": TAGS},
    changed_tags,
)
for _link in ("Association", "Propagation"):
    sample(
        f"aws:ec2transitgateway/routeTable{_link}:RouteTable{_link}",
        lambda s: {
            "transitGatewayRouteTableId": s.transit_gateway_route_table,
            "transitGatewayAttachmentId": s.attachment,
        },
    )
sample(
    "aws:ec2transitgateway/route:Route",
    lambda s: {
        "transitGatewayRouteTableId": s.transit_gateway_route_table,
        "transitGatewayAttachmentId": s.attachment,
        "destinationCidrBlock": "10.9.0.0/16",
    },
)
