"""Samples of CloudWatch, EventBridge, SNS and SQS."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample

sample(
    "aws:cloudwatch/logGroup:LogGroup",
    lambda s: {
        "name": f"/aws/lambda/{s.name('lg')}",
        "retentionInDays": 30,
        "kmsKeyId": s.key.outputs["arn"],
        "tags": TAGS,
    },
    lambda s: {"retentionInDays": 365, "kmsKeyId": s.other_key.outputs["arn"], "tags": OTHER_TAGS},
)
sample(
    "aws:cloudwatch/logGroup:LogGroup",
    lambda s: {"name": s.name("lg-plain"), "retentionInDays": 30},
    lambda s: {"retentionInDays": 0, "kmsKeyId": s.key.outputs["arn"]},
)
sample(
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    lambda s: {
        "name": s.name("filter"),
        "logGroupName": s.log_group.resource_id,
        "pattern": '{ $.level = "ERROR" }',
        "metricTransformation": {
            "name": "Errors",
            "namespace": "Payments",
            "value": "1",
            "defaultValue": "0",
        },
    },
    lambda s: {
        "pattern": '{ $.level = "WARNING" }',
        "metricTransformation": {"name": "Warnings", "namespace": "Payments", "value": "1"},
    },
)
sample(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    lambda s: {
        "name": s.name("alarm"),
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 2,
        "metricName": "Errors",
        "namespace": "AWS/Lambda",
        "period": 60,
        "statistic": "Sum",
        "threshold": 1,
        "dimensions": {"FunctionName": "payments"},
        "alarmActions": [s.topic],
        "treatMissingData": "notBreaching",
        "tags": TAGS,
    },
    lambda s: {
        "threshold": 2.5,
        "dimensions": {"FunctionName": "authorizer"},
        "alarmActions": [],
        "okActions": [s.topic],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    lambda s: {
        "name": s.name("alarm-math"),
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        "threshold": 5,
        "metricQueries": [
            {
                "id": "errors",
                "metric": {
                    "metricName": "Errors",
                    "namespace": "AWS/Lambda",
                    "period": 60,
                    "stat": "Sum",
                    "dimensions": {"FunctionName": "payments"},
                },
            },
            {"id": "rate", "expression": "errors * 100", "label": "%", "returnData": True},
        ],
    },
    lambda s: {"threshold": 6},
)


def _dashboard(title: str) -> str:
    widget = {"type": "text", "x": 0, "y": 0, "properties": {"markdown": title}}
    return json.dumps({"widgets": [widget]})


sample(
    "aws:cloudwatch/dashboard:Dashboard",
    lambda s: {"dashboardName": s.name("dashboard"), "dashboardBody": _dashboard("one")},
    lambda s: {"dashboardBody": _dashboard("two")},
)
sample(
    "aws:cloudwatch/eventRule:EventRule",
    lambda s: {
        "name": s.name("rule-test"),
        "description": "sample",
        "eventPattern": json.dumps({"source": ["aws.dms"]}),
        "tags": TAGS,
    },
    lambda s: {
        "description": "changed",
        "eventPattern": json.dumps({"source": ["aws.rds"]}),
        "state": "DISABLED",
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:cloudwatch/eventTarget:EventTarget",
    lambda s: {
        "rule": s.event_rule,
        "targetId": "topic",
        "arn": s.topic,
        "inputTransformer": {
            "inputPaths": {"state": "$.detail.state"},
            "inputTemplate": '"state <state>"',
        },
    },
    lambda s: {
        "arn": s.queue.outputs["arn"],
        "inputTransformer": None,
        "input": '{"fixed": true}',
        "deadLetterConfig": {"arn": s.queue.outputs["arn"]},
        "retryPolicy": {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 600},
    },
)
sample(
    "aws:sns/topic:Topic",
    lambda s: {
        "name": s.name("topic-test"),
        "displayName": "Sample",
        "kmsMasterKeyId": s.key.resource_id,
        "tags": TAGS,
    },
    lambda s: {"displayName": "Changed", "tags": OTHER_TAGS},
)


def _topic_policy(topic: str, service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


sample(
    "aws:sns/topicPolicy:TopicPolicy",
    lambda s: {"arn": s.topic, "policy": _topic_policy(s.topic, "events.amazonaws.com")},
    lambda s: {"policy": _topic_policy(s.topic, "cloudwatch.amazonaws.com")},
    stays=True,
)
sample(
    "aws:sns/topicSubscription:TopicSubscription",
    lambda s: {
        "topic": s.topic,
        "protocol": "sqs",
        "endpoint": s.queue.outputs["arn"],
        "rawMessageDelivery": True,
    },
    lambda s: {
        "rawMessageDelivery": False,
        "filterPolicy": json.dumps({"severity": ["critical"]}),
    },
)
sample(
    "aws:sqs/queue:Queue",
    lambda s: {
        "name": s.name("queue-test"),
        "visibilityTimeoutSeconds": 60,
        "messageRetentionSeconds": 1_209_600,
        "tags": TAGS,
    },
    lambda s: {
        "visibilityTimeoutSeconds": 120,
        "redrivePolicy": json.dumps(
            {"deadLetterTargetArn": s.queue.outputs["arn"], "maxReceiveCount": 3}
        ),
        "tags": OTHER_TAGS,
    },
)
