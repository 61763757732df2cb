"""Aurora: clusters and their instances."""

import re
from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import (
    Call,
    Create,
    Read,
    ResourceType,
    Update,
    Waiter,
)
from localcloud.provider.expressions import (
    ID,
    Added,
    Answer,
    Computed,
    Given,
    Output,
    Removed,
)
from localcloud.provider.scope import Scope
from localcloud.provider.services.rds_groups import TAGGING

_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)")
_PASSWORD = re.compile(r"[!#-.0-?A-~]{8,128}")
_USER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def _identifier(name: str) -> rules.Rule:
    """Identifiers of clusters and instances (source: "Naming constraints in Amazon RDS")."""
    return rules.text(
        name,
        lambda text: _IDENTIFIER.fullmatch(text) is not None,
        "1 to 63 lower-case letters, digits and single hyphens, starting with a letter",
    )


def _final_snapshot(scope: Scope) -> Any:
    """Return the name of the last snapshot, unless the program wants none."""
    skipped = scope.inputs.get("skipFinalSnapshot")
    return None if skipped else scope.inputs.get("finalSnapshotIdentifier")


CLUSTER = ResourceType(
    pulumi_type="aws:rds/cluster:Cluster",
    service="rds",
    create=Create(operation="CreateDBCluster"),
    identifier=Answer("DBCluster.DBClusterIdentifier"),
    read=(
        Read(
            operation="DescribeDBClusters",
            arguments={"DBClusterIdentifier": ID},
            path="DBClusters[0]",
        ),
    ),
    delete=(
        Call(
            operation="DeleteDBCluster",
            arguments={
                "DBClusterIdentifier": ID,
                "SkipFinalSnapshot": Given("skipFinalSnapshot", otherwise=False),
                "FinalDBSnapshotIdentifier": Computed(
                    _final_snapshot, inputs=("finalSnapshotIdentifier",)
                ),
                "DeleteAutomatedBackups": Given("deleteAutomatedBackups"),
            },
        ),
    ),
    updates=(
        Update(
            operation="ModifyDBCluster",
            sends="changed",
            properties=(
                "engineVersion",
                "masterPassword",
                "manageMasterUserPassword",
                "backupRetentionPeriod",
                "preferredBackupWindow",
                "preferredMaintenanceWindow",
                "vpcSecurityGroupIds",
                "dbClusterParameterGroupName",
                "deletionProtection",
                "iamDatabaseAuthenticationEnabled",
                "serverlessv2ScalingConfiguration",
                "port",
                "copyTagsToSnapshot",
                "enableHttpEndpoint",
            ),
            arguments={
                "DBClusterIdentifier": ID,
                "ApplyImmediately": Given("applyImmediately"),
                "AllowMajorVersionUpgrade": Given("allowMajorVersionUpgrade"),
            },
            resets={
                "deletionProtection": False,
                "iamDatabaseAuthenticationEnabled": False,
                "copyTagsToSnapshot": False,
                "backupRetentionPeriod": 1,
            },
        ),
        Update(
            operation="ModifyDBCluster",
            properties=("enabledCloudwatchLogsExports",),
            arguments={
                "DBClusterIdentifier": ID,
                "CloudwatchLogsExportConfiguration": {
                    "EnableLogTypes": Added("enabledCloudwatchLogsExports"),
                    "DisableLogTypes": Removed("enabledCloudwatchLogsExports"),
                },
            },
        ),
    ),
    renames={
        "clusterIdentifier": "DBClusterIdentifier",
        "masterPassword": "MasterUserPassword",
        "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
        "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
        "performanceInsightsEnabled": "EnablePerformanceInsights",
    },
    outputs={
        "arn": "DBClusterArn",
        "dbSubnetGroupName": "DBSubnetGroup",
        "dbClusterParameterGroupName": "DBClusterParameterGroup",
        "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
        "clusterResourceId": "DbClusterResourceId",
        "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
        "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "performanceInsightsEnabled": "PerformanceInsightsEnabled",
        "engineVersionActual": "EngineVersion",
        "enableHttpEndpoint": "HttpEndpointEnabled",
        "clusterMembers": "DBClusterMembers[].DBInstanceIdentifier",
        "masterUserSecrets": "MasterUserSecret && [MasterUserSecret.{secretArn: SecretArn, "
        "secretStatus: SecretStatus, kmsKeyId: KmsKeyId}] || null",
    },
    name_property="clusterIdentifier",
    lower_case_name=True,
    provider_side=frozenset(
        {
            "applyImmediately",
            "allowMajorVersionUpgrade",
            "deleteAutomatedBackups",
            "finalSnapshotIdentifier",
            "skipFinalSnapshot",
        }
    ),
    write_only=frozenset({"masterPassword", "manageMasterUserPassword", "availabilityZones"}),
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    wait_created=Waiter(name="db_cluster_available", arguments={"DBClusterIdentifier": ID}),
    wait_deleted=Waiter(name="db_cluster_deleted", arguments={"DBClusterIdentifier": ID}),
    rules=(
        _identifier("clusterIdentifier"),
        rules.allowed("engine", ("aurora-postgresql", "aurora-mysql", "postgres", "mysql")),
        rules.port("port", lowest=1150),
        rules.between("backupRetentionPeriod", 1, 35),
        rules.secret_text(
            "masterPassword",
            lambda text: _PASSWORD.fullmatch(text) is not None,
            "8 to 128 printable characters without slash, quote, at sign and space",
        ),
        rules.text(
            "masterUsername",
            lambda text: _USER_NAME.fullmatch(text) is not None,
            "1 to 63 letters, digits and underscores, starting with a letter",
        ),
        rules.text(
            "databaseName",
            lambda text: _DATABASE_NAME.fullmatch(text) is not None,
            "1 to 63 letters, digits and underscores, not starting with a digit",
        ),
    ),
)


def _is_writer(scope: Scope) -> bool:
    members = scope.live.get("members") or []
    return any(
        member["DBInstanceIdentifier"] == scope.resource_id and member["IsClusterWriter"]
        for member in members
    )


CLUSTER_INSTANCE = ResourceType(
    pulumi_type="aws:rds/clusterInstance:ClusterInstance",
    service="rds",
    create=Create(operation="CreateDBInstance"),
    identifier=Answer("DBInstance.DBInstanceIdentifier"),
    read=(
        Read(
            operation="DescribeDBInstances",
            arguments={"DBInstanceIdentifier": ID},
            path="DBInstances[0]",
        ),
        Read(
            operation="DescribeDBClusters",
            arguments={"DBClusterIdentifier": Given("clusterIdentifier")},
            path="{members: DBClusters[].DBClusterMembers[]}",
        ),
    ),
    delete=(
        Call(
            operation="DeleteDBInstance",
            # Instances of a cluster have no snapshots of their own.
            arguments={"DBInstanceIdentifier": ID, "SkipFinalSnapshot": True},
        ),
    ),
    updates=(
        Update(
            operation="ModifyDBInstance",
            sends="changed",
            properties=(
                "instanceClass",
                "promotionTier",
                "autoMinorVersionUpgrade",
                "monitoringInterval",
                "monitoringRoleArn",
                "caCertIdentifier",
                "performanceInsightsEnabled",
                "performanceInsightsRetentionPeriod",
                "copyTagsToSnapshot",
                "publiclyAccessible",
                "preferredMaintenanceWindow",
                "dbParameterGroupName",
            ),
            arguments={
                "DBInstanceIdentifier": ID,
                "ApplyImmediately": Given("applyImmediately"),
            },
            resets={
                "promotionTier": 0,
                "autoMinorVersionUpgrade": True,
                "monitoringInterval": 0,
                "performanceInsightsEnabled": False,
                "copyTagsToSnapshot": False,
                "publiclyAccessible": False,
            },
        ),
    ),
    renames={
        "identifier": "DBInstanceIdentifier",
        "clusterIdentifier": "DBClusterIdentifier",
        "instanceClass": "DBInstanceClass",
        "performanceInsightsEnabled": "EnablePerformanceInsights",
        "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
        "caCertIdentifier": "CACertificateIdentifier",
    },
    outputs={
        "arn": "DBInstanceArn",
        "endpoint": "Endpoint.Address",
        "port": "Endpoint.Port",
        "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        "dbParameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
        "performanceInsightsEnabled": "PerformanceInsightsEnabled",
        "engineVersionActual": "EngineVersion",
        "writer": Computed(_is_writer),
    },
    name_property="identifier",
    lower_case_name=True,
    provider_side=frozenset({"applyImmediately", "forceDestroy"}),
    write_only=frozenset({"preferredBackupWindow"}),
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    wait_created=Waiter(name="db_instance_available", arguments={"DBInstanceIdentifier": ID}),
    wait_deleted=Waiter(name="db_instance_deleted", arguments={"DBInstanceIdentifier": ID}),
    rules=(
        _identifier("identifier"),
        rules.allowed("monitoringInterval", (0, 1, 5, 10, 15, 30, 60)),
        rules.between("promotionTier", 0, 15),
        rules.text(
            "instanceClass", lambda text: text.startswith("db."), "a class like db.r6g.large"
        ),
    ),
)

TYPES = (CLUSTER, CLUSTER_INSTANCE)
