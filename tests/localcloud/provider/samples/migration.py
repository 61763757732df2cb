"""Samples of DMS."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample

sample(
    "aws:dms/replicationSubnetGroup:ReplicationSubnetGroup",
    lambda s: {
        "replicationSubnetGroupId": s.name("repsg-test"),
        "replicationSubnetGroupDescription": "sample",
        "subnetIds": s.subnets,
        "tags": TAGS,
    },
    lambda s: {
        "replicationSubnetGroupDescription": "changed",
        "subnetIds": s.subnets[:1],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:dms/replicationInstance:ReplicationInstance",
    lambda s: {
        "replicationInstanceId": s.name("rep-test"),
        "replicationInstanceClass": "dms.t3.medium",
        "allocatedStorage": 50,
        "multiAz": False,
        "publiclyAccessible": False,
        "replicationSubnetGroupId": s.replication_subnet_group,
        "vpcSecurityGroupIds": [s.security_group],
        "kmsKeyArn": s.key.outputs["arn"],
        "applyImmediately": True,
        "tags": TAGS,
    },
    lambda s: {
        "replicationInstanceClass": "dms.r5.large",
        "allocatedStorage": 100,
        "vpcSecurityGroupIds": [s.other_security_group],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:dms/endpoint:Endpoint",
    lambda s: {
        "endpointId": s.name("endpoint-test"),
        "endpointType": "source",
        "engineName": "aurora-postgresql",
        "databaseName": "payments",
        "serverName": "source.invalid",
        "port": 5432,
        "username": "replicator",
        "password": "not-a-real-password",
        "sslMode": "require",
        "extraConnectionAttributes": "heartbeatEnable=true;",
        "tags": TAGS,
    },
    lambda s: {
        "serverName": "other.invalid",
        "port": 5433,
        "extraConnectionAttributes": "MapUnboundedNumericAsString=true",
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:dms/endpoint:Endpoint",
    lambda s: {
        "endpointId": s.name("endpoint-secret"),
        "endpointType": "target",
        "engineName": "aurora-postgresql",
        "databaseName": "payments",
        "secretsManagerArn": "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:one",
        "secretsManagerAccessRoleArn": s.role.outputs["arn"],
        "extraConnectionAttributes": "MapUnboundedNumericAsString=true",
        "postgresSettings": {"heartbeatEnable": True, "heartbeatFrequency": 5},
    },
    lambda s: {"postgresSettings": {"heartbeatEnable": True, "heartbeatFrequency": 10}},
)


def _mappings(table: str) -> str:
    rule = {
        "rule-type": "selection",
        "rule-id": "1",
        "rule-name": "1",
        "object-locator": {"schema-name": "public", "table-name": table},
        "rule-action": "include",
    }
    return json.dumps({"rules": [rule]})


sample(
    "aws:dms/replicationTask:ReplicationTask",
    lambda s: {
        "replicationTaskId": s.name("task"),
        "migrationType": "full-load-and-cdc",
        "replicationInstanceArn": s.replication_instance,
        "sourceEndpointArn": s.endpoint("source"),
        "targetEndpointArn": s.endpoint("target"),
        "tableMappings": _mappings("%"),
        "replicationTaskSettings": json.dumps({"Logging": {"EnableLogging": True}}),
        "startReplicationTask": False,
        "tags": TAGS,
    },
    lambda s: {"tableMappings": _mappings("payments"), "tags": OTHER_TAGS},
)
