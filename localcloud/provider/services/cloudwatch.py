"""CloudWatch: metric alarms and dashboards."""

from collections.abc import Mapping
from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging
from localcloud.provider.expressions import ID, Computed, Given, Output
from localcloud.provider.scope import Scope

TAGGING = Tagging(
    resource_argument="ResourceARN",
    tag_operation="TagResource",
    tags_argument="Tags",
    untag_operation="UntagResource",
    list_operation="ListTagsForResource",
)


def _queries(scope: Scope) -> list[dict[str, Any]] | None:
    """Return the metric queries of an alarm in CloudWatch's form (MetricDataQuery)."""
    queries = scope.inputs.get("metricQueries")
    return [_query(query) for query in queries] if isinstance(queries, list) else queries


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    api = {
        "Id": query.get("id"),
        "Expression": query.get("expression"),
        "Label": query.get("label"),
        "ReturnData": query.get("returnData"),
        "Period": query.get("period"),
        "AccountId": query.get("accountId"),
    }
    metric = query.get("metric")
    if metric is not None:
        statistic = {
            "Metric": {
                "Namespace": metric.get("namespace"),
                "MetricName": metric.get("metricName"),
                "Dimensions": metric.get("dimensions"),
            },
            "Period": metric.get("period"),
            "Stat": metric.get("stat"),
            "Unit": metric.get("unit"),
        }
        statistic["Metric"] = {k: v for k, v in statistic["Metric"].items() if v is not None}
        api["MetricStat"] = {k: v for k, v in statistic.items() if v is not None}
    return {member: value for member, value in api.items() if value is not None}


_LIVE_QUERIES = (
    "Metrics[].{id: Id, expression: Expression, label: Label, returnData: ReturnData,"
    " period: Period, accountId: AccountId, metric: MetricStat && {"
    "namespace: MetricStat.Metric.Namespace, metricName: MetricStat.Metric.MetricName,"
    " dimensions: MetricStat.Metric.Dimensions, period: MetricStat.Period,"
    " stat: MetricStat.Stat, unit: MetricStat.Unit}}"
)

METRIC_ALARM = ResourceType(
    pulumi_type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    create=Create(
        operation="PutMetricAlarm",
        arguments={"Metrics": Computed(_queries, inputs=("metricQueries",))},
    ),
    identifier=Given("name"),
    read=(
        Read(operation="DescribeAlarms", arguments={"AlarmNames": [ID]}, path="MetricAlarms[0]"),
    ),
    delete=(Call(operation="DeleteAlarms", arguments={"AlarmNames": [ID]}),),
    repeat_create_for=(
        "actionsEnabled",
        "alarmActions",
        "alarmDescription",
        "comparisonOperator",
        "datapointsToAlarm",
        "dimensions",
        "evaluateLowSampleCountPercentiles",
        "evaluationPeriods",
        "extendedStatistic",
        "insufficientDataActions",
        "metricName",
        "metricQueries",
        "namespace",
        "okActions",
        "period",
        "statistic",
        "threshold",
        "thresholdMetricId",
        "treatMissingData",
        "unit",
    ),
    renames={"name": "AlarmName", "metricQueries": "Metrics"},
    outputs={"arn": "AlarmArn", "metricQueries": _LIVE_QUERIES},
    name_property="name",
    unsupported=frozenset({"evaluationCriteria", "evaluationInterval", "evaluationWindow"}),
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    rules=(rules.one_of("metricName", "metricQueries"),),
)

DASHBOARD = ResourceType(
    pulumi_type="aws:cloudwatch/dashboard:Dashboard",
    service="cloudwatch",
    create=Create(operation="PutDashboard", failure_path="DashboardValidationMessages[0].Message"),
    identifier=Given("dashboardName"),
    read=(Read(operation="GetDashboard", arguments={"DashboardName": ID}),),
    delete=(Call(operation="DeleteDashboards", arguments={"DashboardNames": [ID]}),),
    repeat_create_for=("dashboardBody",),
    name_property="dashboardName",
    rules=(rules.json_document("dashboardBody"),),
)

TYPES = (METRIC_ALARM, DASHBOARD)
