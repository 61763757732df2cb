"""What a resource under test needs around it: a VPC, a role, a key, made on demand."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from moto.secretsmanager.models import secretsmanager_backends

from localcloud.provider.wire import ARCHIVE, SIGNATURE_KEY, Properties
from tests.localcloud.provider.engine import Engine, Resource

_numbers = itertools.count(1)


def policy(service: str, action: str = "sts:AssumeRole") -> str:
    """Return a policy document that trusts one service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowing(action: str, resource: str = "*") -> str:
    """Return an identity policy that allows one action."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Surroundings:
    """Resources that others depend on; made once a test, deleted in reverse order."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.number = next(_numbers)
        self._made: list[Resource] = []

    def name(self, kind: str) -> str:
        return f"{kind}-sample{self.number}-local"

    def make(self, kind: str, inputs: Properties) -> Resource:
        resource = self.engine.create(kind, inputs)
        self._made.append(resource)
        return resource

    def clean_up(self) -> None:
        for resource in reversed(self._made):
            self.engine.delete(resource)

    @cached_property
    def vpc(self) -> str:
        return self.make("aws:ec2/vpc:Vpc", {"cidrBlock": "10.7.0.0/16"}).resource_id

    @cached_property
    def subnets(self) -> list[str]:
        zones = ("ap-southeast-1a", "ap-southeast-1b")
        return [
            self.make(
                "aws:ec2/subnet:Subnet",
                {
                    "vpcId": self.vpc,
                    "cidrBlock": f"10.7.{index}.0/24",
                    "availabilityZone": zone,
                },
            ).resource_id
            for index, zone in enumerate(zones)
        ]

    @cached_property
    def security_group(self) -> str:
        inputs = {"name": self.name("group"), "vpcId": self.vpc}
        return self.make("aws:ec2/securityGroup:SecurityGroup", inputs).resource_id

    @cached_property
    def other_security_group(self) -> str:
        inputs = {"name": self.name("group-other"), "vpcId": self.vpc}
        return self.make("aws:ec2/securityGroup:SecurityGroup", inputs).resource_id

    @cached_property
    def internet_gateway(self) -> str:
        inputs = {"vpcId": self.vpc}
        return self.make("aws:ec2/internetGateway:InternetGateway", inputs).resource_id

    @cached_property
    def elastic_ip(self) -> str:
        return self.make("aws:ec2/eip:Eip", {"domain": "vpc"}).resource_id

    @cached_property
    def nat_gateway(self) -> str:
        inputs = {"allocationId": self.elastic_ip, "subnetId": self.subnets[0]}
        return self.make("aws:ec2/natGateway:NatGateway", inputs).resource_id

    @cached_property
    def route_table(self) -> str:
        return self.make("aws:ec2/routeTable:RouteTable", {"vpcId": self.vpc}).resource_id

    @cached_property
    def transit_gateway(self) -> str:
        inputs = {
            "defaultRouteTableAssociation": "disable",
            "defaultRouteTablePropagation": "disable",
        }
        kind = "aws:ec2transitgateway/transitGateway:TransitGateway"
        return self.make(kind, inputs).resource_id

    @cached_property
    def attachment(self) -> str:
        inputs = {
            "transitGatewayId": self.transit_gateway,
            "vpcId": self.vpc,
            "subnetIds": self.subnets,
        }
        kind = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
        return self.make(kind, inputs).resource_id

    @cached_property
    def transit_gateway_route_table(self) -> str:
        inputs = {"transitGatewayId": self.transit_gateway}
        kind = "aws:ec2transitgateway/routeTable:RouteTable"
        return self.make(kind, inputs).resource_id

    @cached_property
    def role(self) -> Resource:
        inputs = {"name": self.name("role"), "assumeRolePolicy": policy("lambda.amazonaws.com")}
        return self.make("aws:iam/role:Role", inputs)

    @cached_property
    def workflow_role(self) -> str:
        inputs = {"name": self.name("role-sfn"), "assumeRolePolicy": policy("states.amazonaws.com")}
        return str(self.make("aws:iam/role:Role", inputs).outputs["arn"])

    @cached_property
    def policy_arn(self) -> str:
        inputs = {"name": self.name("policy"), "policy": allowing("s3:GetObject")}
        return self.make("aws:iam/policy:Policy", inputs).resource_id

    @cached_property
    def key(self) -> Resource:
        return self.make("aws:kms/key:Key", {"deletionWindowInDays": 7})

    @cached_property
    def other_key(self) -> Resource:
        return self.make("aws:kms/key:Key", {"deletionWindowInDays": 7})

    @cached_property
    def bucket(self) -> str:
        inputs = {"bucket": self.name("bucket"), "forceDestroy": True}
        return self.make("aws:s3/bucket:Bucket", inputs).resource_id

    @cached_property
    def log_group(self) -> Resource:
        return self.make("aws:cloudwatch/logGroup:LogGroup", {"name": f"/{self.name('lg')}"})

    @cached_property
    def topic(self) -> str:
        return self.make("aws:sns/topic:Topic", {"name": self.name("topic")}).resource_id

    @cached_property
    def queue(self) -> Resource:
        return self.make("aws:sqs/queue:Queue", {"name": self.name("queue")})

    @cached_property
    def event_rule(self) -> str:
        pattern = json.dumps({"source": ["payments.migration"]})
        inputs = {"name": self.name("rule"), "eventPattern": pattern}
        return str(self.make("aws:cloudwatch/eventRule:EventRule", inputs).outputs["name"])

    @cached_property
    def db_subnet_group(self) -> str:
        inputs = {"name": self.name("dbsg"), "subnetIds": self.subnets}
        return self.make("aws:rds/subnetGroup:SubnetGroup", inputs).resource_id

    @cached_property
    def cluster(self) -> str:
        inputs = {
            "clusterIdentifier": self.name("cluster"),
            "engine": "aurora-postgresql",
            "masterUsername": "payments",
            "masterPassword": "not-a-real-password",
            "skipFinalSnapshot": True,
        }
        return self.make("aws:rds/cluster:Cluster", inputs).resource_id

    @cached_property
    def function(self) -> Resource:
        inputs = {
            "name": self.name("function"),
            "role": self.role.outputs["arn"],
            "runtime": "python3.12",
            "handler": "handler.handle",
            "code": self.archive("one"),
            "publish": True,
        }
        return self.make("aws:lambda/function:Function", inputs)

    @cached_property
    def rotation_function(self) -> Resource:
        """A function that Secrets Manager may call."""
        inputs = {
            "statementId": "AllowRotation",
            "action": "lambda:InvokeFunction",
            "function": self.function.outputs["name"],
            "principal": "secretsmanager.amazonaws.com",
        }
        self.make("aws:lambda/permission:Permission", inputs)
        return self.function

    @cached_property
    def secret(self) -> str:
        """The ARN of a secret, which exists before any resource does and outlives them."""
        answer = secretsmanager_backends["123456789012"]["ap-southeast-1"].create_secret(
            name=self.name("secret"),
            secret_string="{}",
            secret_binary=None,
            description=None,
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return str(json.loads(answer)["ARN"])

    def archive(self, content: str) -> Properties:
        """Return a code archive as the engine sends it: a zip file by its absolute path."""
        path = self.folder / f"{content}.zip"
        with ZipFile(path, "w") as archive:
            archive.writestr("handler.py", f"def handle(event, context): return {content!r}\n")
        return {SIGNATURE_KEY: ARCHIVE, "path": str(path)}

    @cached_property
    def replication_subnet_group(self) -> str:
        inputs = {
            "replicationSubnetGroupId": self.name("repsg"),
            "replicationSubnetGroupDescription": "sample",
            "subnetIds": self.subnets,
        }
        kind = "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup"
        return self.make(kind, inputs).resource_id

    @cached_property
    def replication_instance(self) -> str:
        inputs = {
            "replicationInstanceId": self.name("rep"),
            "replicationInstanceClass": "dms.t3.medium",
            "allocatedStorage": 50,
        }
        kind = "aws:dms/replicationInstance:ReplicationInstance"
        return str(self.make(kind, inputs).outputs["replicationInstanceArn"])

    def endpoint(self, side: str) -> str:
        inputs = {
            "endpointId": self.name(f"endpoint-{side}"),
            "endpointType": side,
            "engineName": "aurora-postgresql",
            "serverName": "db.invalid",
            "port": 5432,
            "username": "replicator",
            "password": "not-a-real-password",
            "databaseName": "payments",
        }
        return str(self.make("aws:dms/endpoint:Endpoint", inputs).outputs["endpointArn"])

    @cached_property
    def api(self) -> Resource:
        return self.make("aws:apigateway/restApi:RestApi", {"name": self.name("api")})

    @cached_property
    def api_resource(self) -> str:
        inputs = {
            "restApi": self.api.resource_id,
            "parentId": self.api.outputs["rootResourceId"],
            "pathPart": "payments",
        }
        return self.make("aws:apigateway/resource:Resource", inputs).resource_id

    @cached_property
    def api_method(self) -> Properties:
        """The three properties that name a method."""
        inputs = {
            "restApi": self.api.resource_id,
            "resourceId": self.api_resource,
            "httpMethod": "POST",
        }
        self.make("aws:apigateway/method:Method", {**inputs, "authorization": "NONE"})
        return inputs

    @cached_property
    def api_with_integration(self) -> str:
        kind = "aws:apigateway/integration:Integration"
        self.make(kind, {**self.api_method, "type": "MOCK"})
        return self.api.resource_id

    def deployment(self, description: str = "") -> str:
        inputs = {"restApi": self.api_with_integration, "description": description}
        return self.make("aws:apigateway/deployment:Deployment", inputs).resource_id

    @cached_property
    def stage(self) -> Properties:
        """The two properties that name a stage."""
        inputs = {"restApi": self.api.resource_id, "stageName": "live"}
        deployment = self.deployment()
        self.make("aws:apigateway/stage:Stage", {**inputs, "deployment": deployment})
        return inputs


Inputs = Callable[[Surroundings], Properties]
