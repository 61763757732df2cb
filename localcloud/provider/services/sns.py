"""SNS topics, their policies and subscriptions."""

import json
import re

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Answer, Computed, Given
from localcloud.provider.scope import Scope

TAGGING = Tagging(
    resource_argument="ResourceArn",
    tag_operation="TagResource",
    tags_argument="Tags",
    untag_operation="UntagResource",
    list_operation="ListTagsForResource",
)

_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")

_TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "tracingConfig": "TracingConfig",
    "signatureVersion": "SignatureVersion",
}


def _topic_attribute(name: str, attribute: str) -> Update:
    """Return the update of one attribute; SNS takes a single one a call."""
    return Update(
        operation="SetTopicAttributes",
        properties=(name,),
        arguments={
            "TopicArn": ID,
            "AttributeName": attribute,
            "AttributeValue": Given(name, otherwise=""),
        },
    )


TOPIC = ResourceType(
    pulumi_type="aws:sns/topic:Topic",
    service="sns",
    create=Create(
        operation="CreateTopic",
        arguments={
            "Attributes": {
                "FifoTopic": Given("fifoTopic"),
                **{attribute: Given(name) for name, attribute in _TOPIC_ATTRIBUTES.items()},
            }
        },
    ),
    identifier=Answer("TopicArn"),
    read=(Read(operation="GetTopicAttributes", arguments={"TopicArn": ID}, path="Attributes"),),
    delete=(Call(operation="DeleteTopic", arguments={"TopicArn": ID}),),
    updates=tuple(_topic_attribute(*item) for item in _TOPIC_ATTRIBUTES.items()),
    outputs={
        "arn": "TopicArn",
        "name": Computed(lambda scope: str(scope.resource_id).rsplit(":", 1)[-1]),
    },
    name_property="name",
    tagging=TAGGING,
    rules=(
        rules.text(
            "name",
            lambda name: _TOPIC_NAME.fullmatch(name) is not None,
            "1 to 256 letters, digits, hyphens and underscores",
        ),
        rules.policy_document("policy"),
        rules.allowed("tracingConfig", ("Active", "PassThrough")),
    ),
)


def _owners_policy(scope: Scope) -> str:
    """Return the policy that a new topic has: its account may do everything with it."""
    actions = (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": scope.resource_id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": scope.account()}},
    }
    return json.dumps(
        {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    )


TOPIC_POLICY = ResourceType(
    pulumi_type="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    create=Create(
        operation="SetTopicAttributes",
        sends="nothing",
        arguments={
            "TopicArn": Given("arn"),
            "AttributeName": "Policy",
            "AttributeValue": Given("policy"),
        },
    ),
    identifier=Given("arn"),
    read=(Read(operation="GetTopicAttributes", arguments={"TopicArn": ID}, path="Attributes"),),
    delete=(
        Call(
            operation="SetTopicAttributes",
            arguments={
                "TopicArn": ID,
                "AttributeName": "Policy",
                "AttributeValue": Computed(_owners_policy),
            },
        ),
    ),
    repeat_create_for=("policy",),
    outputs={"arn": "TopicArn"},
    rules=(rules.policy_document("policy"),),
)

_SUBSCRIPTION_ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


def _subscription_attribute(name: str, attribute: str) -> Update:
    """Return the update of one attribute; SNS takes a single one a call."""
    unset = {"rawMessageDelivery": False, "filterPolicy": "{}"}.get(name, "")
    return Update(
        operation="SetSubscriptionAttributes",
        properties=(name,),
        arguments={
            "SubscriptionArn": ID,
            "AttributeName": attribute,
            "AttributeValue": Given(name, otherwise=unset),
        },
    )


TOPIC_SUBSCRIPTION = ResourceType(
    pulumi_type="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    create=Create(
        operation="Subscribe",
        arguments={
            "ReturnSubscriptionArn": True,
            "Attributes": {
                attribute: Given(name) for name, attribute in _SUBSCRIPTION_ATTRIBUTES.items()
            },
        },
    ),
    identifier=Answer("SubscriptionArn"),
    read=(
        Read(
            operation="GetSubscriptionAttributes",
            arguments={"SubscriptionArn": ID},
            path="Attributes",
        ),
    ),
    delete=(Call(operation="Unsubscribe", arguments={"SubscriptionArn": ID}),),
    updates=tuple(_subscription_attribute(*item) for item in _SUBSCRIPTION_ATTRIBUTES.items()),
    renames={"topic": "TopicArn"},
    outputs={"arn": "SubscriptionArn", "ownerId": "Owner"},
    rules=(
        rules.allowed(
            "protocol",
            (
                "application",
                "email",
                "email-json",
                "firehose",
                "http",
                "https",
                "lambda",
                "sms",
                "sqs",
            ),
        ),
        rules.json_document("filterPolicy", "redrivePolicy", "deliveryPolicy"),
    ),
)

TYPES = (TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION)
