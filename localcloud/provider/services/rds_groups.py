"""Subnet groups and cluster parameter groups of RDS."""

import re

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import (
    ID,
    Added,
    Answer,
    Computed,
    Given,
    Item,
    Output,
    Removed,
)

TAGGING = Tagging(
    resource_argument="ResourceName",
    tag_operation="AddTagsToResource",
    tags_argument="Tags",
    untag_operation="RemoveTagsFromResource",
    list_operation="ListTagsForResource",
    list_path="TagList",
)

_SUBNET_GROUP_NAME = re.compile(r"(?!default$)[a-z0-9 ._-]{1,255}")
_GROUP_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,254}(?<!-)")
SUBNET_GROUP = ResourceType(
    pulumi_type="aws:rds/subnetGroup:SubnetGroup",
    service="rds",
    create=Create(operation="CreateDBSubnetGroup"),
    identifier=Answer("DBSubnetGroup.DBSubnetGroupName"),
    read=(
        Read(
            operation="DescribeDBSubnetGroups",
            arguments={"DBSubnetGroupName": ID},
            path="DBSubnetGroups[0]",
        ),
    ),
    delete=(Call(operation="DeleteDBSubnetGroup", arguments={"DBSubnetGroupName": ID}),),
    updates=(
        Update(
            operation="ModifyDBSubnetGroup",
            properties=("description", "subnetIds"),
            arguments={
                "DBSubnetGroupName": ID,
                "DBSubnetGroupDescription": Given("description"),
                "SubnetIds": Given("subnetIds"),
            },
        ),
    ),
    renames={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
    outputs={"arn": "DBSubnetGroupArn", "subnetIds": "Subnets[].SubnetIdentifier"},
    name_property="name",
    lower_case_name=True,
    defaults={"description": "Managed by Pulumi"},
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    rules=(
        rules.text(
            "name",
            lambda text: _SUBNET_GROUP_NAME.fullmatch(text) is not None,
            "1 to 255 lower-case letters, digits, periods, underscores, spaces and hyphens",
        ),
    ),
)

_PARAMETER = {
    "ParameterName": Item("name"),
    "ParameterValue": Item("value"),
    "ApplyMethod": Computed(lambda scope: scope.item.get("applyMethod", "immediate")),
}

CLUSTER_PARAMETER_GROUP = ResourceType(
    pulumi_type="aws:rds/clusterParameterGroup:ClusterParameterGroup",
    service="rds",
    create=Create(operation="CreateDBClusterParameterGroup"),
    identifier=Answer("DBClusterParameterGroup.DBClusterParameterGroupName"),
    read=(
        Read(
            operation="DescribeDBClusterParameterGroups",
            arguments={"DBClusterParameterGroupName": ID},
            path="DBClusterParameterGroups[0]",
        ),
        Read(
            operation="DescribeDBClusterParameters",
            arguments={"DBClusterParameterGroupName": ID, "Source": "user"},
            path="{parameters: Parameters[].{name: ParameterName, value: ParameterValue, "
            "applyMethod: ApplyMethod}}",
        ),
    ),
    delete=(
        Call(
            operation="DeleteDBClusterParameterGroup",
            arguments={"DBClusterParameterGroupName": ID},
        ),
    ),
    updates=(
        Update(
            operation="ResetDBClusterParameterGroup",
            properties=("parameters",),
            arguments={"DBClusterParameterGroupName": ID, "Parameters": [_PARAMETER]},
            for_each=Removed("parameters", identity="name"),
        ),
        Update(
            operation="ModifyDBClusterParameterGroup",
            properties=("parameters",),
            arguments={"DBClusterParameterGroupName": ID, "Parameters": [_PARAMETER]},
            for_each=Added("parameters"),
        ),
    ),
    renames={"name": "DBClusterParameterGroupName", "family": "DBParameterGroupFamily"},
    outputs={"arn": "DBClusterParameterGroupArn"},
    name_property="name",
    lower_case_name=True,
    defaults={"description": "Managed by Pulumi"},
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    rules=(
        rules.text(
            "name",
            lambda text: _GROUP_NAME.fullmatch(text) is not None,
            "1 to 255 lower-case letters, digits and single hyphens, starting with a letter",
        ),
    ),
)

TYPES = (SUBNET_GROUP, CLUSTER_PARAMETER_GROUP)
