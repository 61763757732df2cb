"""Samples of keys, Aurora, parameters and the rotation of secrets."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample

sample(
    "aws:kms/key:Key",
    lambda s: {
        "description": "sample",
        "deletionWindowInDays": 7,
        "enableKeyRotation": True,
        "tags": TAGS,
    },
    lambda s: {
        "description": "changed",
        "enableKeyRotation": False,
        "policy": json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                },
            }
        ),
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:kms/alias:Alias",
    lambda s: {"name": f"alias/{s.name('key')}", "targetKeyId": s.key.resource_id},
    lambda s: {"targetKeyId": s.other_key.resource_id},
)
sample(
    "aws:rds/subnetGroup:SubnetGroup",
    lambda s: {"name": s.name("dbsg-test"), "subnetIds": s.subnets, "tags": TAGS},
    lambda s: {"description": "changed", "subnetIds": s.subnets[:1], "tags": OTHER_TAGS},
)
sample(
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    lambda s: {
        "name": s.name("cpg"),
        "family": "aurora-postgresql17",
        "parameters": [
            {
                "name": "rds.logical_replication",
                "value": "1",
                "applyMethod": "pending-reboot",
            },
            {"name": "rds.force_ssl", "value": "1"},
        ],
        "tags": TAGS,
    },
    lambda s: {
        "parameters": [
            {
                "name": "rds.logical_replication",
                "value": "0",
                "applyMethod": "pending-reboot",
            }
        ],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:rds/cluster:Cluster",
    lambda s: {
        "clusterIdentifier": s.name("cluster-test"),
        "engine": "aurora-postgresql",
        "engineVersion": "17.5",
        "databaseName": "payments",
        "masterUsername": "payments",
        "masterPassword": "not-a-real-password",
        "dbSubnetGroupName": s.db_subnet_group,
        "vpcSecurityGroupIds": [s.security_group],
        "storageEncrypted": True,
        "kmsKeyId": s.key.outputs["arn"],
        "backupRetentionPeriod": 7,
        "preferredBackupWindow": "17:00-18:00",
        "preferredMaintenanceWindow": "sun:19:00-sun:20:00",
        "enabledCloudwatchLogsExports": ["postgresql"],
        "iamDatabaseAuthenticationEnabled": True,
        "deletionProtection": False,
        "copyTagsToSnapshot": True,
        "skipFinalSnapshot": True,
        "applyImmediately": True,
        "tags": TAGS,
    },
    lambda s: {
        "backupRetentionPeriod": 14,
        "vpcSecurityGroupIds": [s.other_security_group],
        "enabledCloudwatchLogsExports": [],
        "iamDatabaseAuthenticationEnabled": False,
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:rds/clusterInstance:ClusterInstance",
    lambda s: {
        "identifier": s.name("instance"),
        "clusterIdentifier": s.cluster,
        "engine": "aurora-postgresql",
        "instanceClass": "db.r6g.large",
        "promotionTier": 1,
        "performanceInsightsEnabled": True,
        "tags": TAGS,
    },
    lambda s: {
        "instanceClass": "db.r6g.xlarge",
        "promotionTier": 2,
        "applyImmediately": True,
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:ssm/parameter:Parameter",
    lambda s: {
        "name": f"/payments/local/database/{s.number}",
        "type": "String",
        "value": "one",
        "description": "sample",
        "tags": TAGS,
    },
    lambda s: {"value": "two", "description": "changed", "tags": OTHER_TAGS},
)
sample(
    "aws:ssm/parameter:Parameter",
    lambda s: {
        "name": f"/payments/local/database/secure-{s.number}",
        "type": "SecureString",
        "value": "one",
        "keyId": s.key.outputs["arn"],
    },
    lambda s: {"value": "two"},
)
sample(
    "aws:secretsmanager/secretRotation:SecretRotation",
    lambda s: {
        "secretId": s.secret,
        "rotationLambdaArn": s.rotation_function.outputs["arn"],
        "rotationRules": {"automaticallyAfterDays": 30},
        "rotateImmediately": False,
    },
    lambda s: {"rotationRules": {"scheduleExpression": "rate(10 days)", "duration": "3h"}},
)
