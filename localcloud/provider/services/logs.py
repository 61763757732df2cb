"""CloudWatch Logs: log groups and metric filters."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Given, IsUnset, Text

TAGGING = Tagging(
    resource_argument="resourceArn",
    tag_operation="TagResource",
    tags_argument="tags",
    untag_operation="UntagResource",
    keys_argument="tagKeys",
    list_operation="ListTagsForResource",
    list_path="tags",
)

_RETENTION_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: PutRetentionPolicy, Amazon CloudWatch Logs API reference; 0 is Pulumi's "for ever"."""

_ARN = Text("arn:aws:logs:{region}:{account}:log-group:{id}")

LOG_GROUP = ResourceType(
    pulumi_type="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    create=Create(operation="CreateLogGroup"),
    identifier=Given("name"),
    read=(
        Read(
            operation="DescribeLogGroups",
            arguments={"logGroupNamePrefix": ID},
            path="logGroups",
            where={"logGroupName": ID},
        ),
    ),
    delete=(Call(operation="DeleteLogGroup", arguments={"logGroupName": ID}),),
    updates=(
        Update(
            operation="PutRetentionPolicy",
            properties=("retentionInDays",),
            arguments={"logGroupName": ID, "retentionInDays": Given("retentionInDays")},
            only_if=Given("retentionInDays"),
        ),
        Update(
            operation="DeleteRetentionPolicy",
            properties=("retentionInDays",),
            arguments={"logGroupName": ID},
            only_if=IsUnset("retentionInDays"),
        ),
        Update(
            operation="AssociateKmsKey",
            properties=("kmsKeyId",),
            arguments={"logGroupName": ID, "kmsKeyId": Given("kmsKeyId")},
            only_if=Given("kmsKeyId"),
        ),
        Update(
            operation="DisassociateKmsKey",
            properties=("kmsKeyId",),
            arguments={"logGroupName": ID},
            only_if=IsUnset("kmsKeyId"),
        ),
    ),
    renames={"name": "logGroupName"},
    outputs={"arn": _ARN, "retentionInDays": "retentionInDays || `0`"},
    name_property="name",
    tagging=TAGGING,
    tagged_resource=_ARN,
    rules=(rules.allowed("retentionInDays", _RETENTION_DAYS),),
)

_FILTER = {"logGroupName": Given("logGroupName"), "filterName": Given("name")}

METRIC_FILTER = ResourceType(
    pulumi_type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    create=Create(operation="PutMetricFilter"),
    identifier=Given("name"),
    read=(
        Read(
            operation="DescribeMetricFilters",
            arguments={
                "logGroupName": Given("logGroupName"),
                "filterNamePrefix": Given("name"),
            },
            path="metricFilters",
            where={"filterName": Given("name")},
        ),
    ),
    delete=(Call(operation="DeleteMetricFilter", arguments=_FILTER),),
    repeat_create_for=("pattern", "metricTransformation"),
    renames={
        "name": "filterName",
        "pattern": "filterPattern",
        "metricTransformation": "metricTransformations",
        "metricTransformation.name": "metricName",
        "metricTransformation.namespace": "metricNamespace",
        "metricTransformation.value": "metricValue",
    },
    name_property="name",
)

TYPES = (LOG_GROUP, METRIC_FILTER)
