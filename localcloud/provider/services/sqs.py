"""SQS queues."""

import re

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Answer, Computed, Given

TAGGING = Tagging(
    resource_argument="QueueUrl",
    tag_operation="TagQueue",
    tags_argument="Tags",
    untag_operation="UntagQueue",
    list_operation="ListQueueTags",
)

_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _attribute(name: str, attribute: str) -> Update:
    """Return the update of one attribute, so that only what changes is sent."""
    return Update(
        operation="SetQueueAttributes",
        properties=(name,),
        arguments={"QueueUrl": ID, "Attributes": {attribute: Given(name, otherwise="")}},
    )


QUEUE = ResourceType(
    pulumi_type="aws:sqs/queue:Queue",
    service="sqs",
    create=Create(
        operation="CreateQueue",
        arguments={
            "Attributes": {
                "FifoQueue": Given("fifoQueue"),
                **{attribute: Given(name) for name, attribute in _ATTRIBUTES.items()},
            }
        },
    ),
    identifier=Answer("QueueUrl"),
    read=(
        Read(
            operation="GetQueueAttributes",
            arguments={"QueueUrl": ID, "AttributeNames": ["All"]},
            path="Attributes",
        ),
    ),
    delete=(Call(operation="DeleteQueue", arguments={"QueueUrl": ID}),),
    updates=tuple(_attribute(*item) for item in _ATTRIBUTES.items()),
    renames={"name": "QueueName"},
    outputs={
        **_ATTRIBUTES,
        "arn": "QueueArn",
        "url": ID,
        "name": Computed(lambda scope: str(scope.resource_id).rsplit("/", 1)[-1]),
    },
    name_property="name",
    tagging=TAGGING,
    rules=(
        rules.text(
            "name",
            lambda name: _QUEUE_NAME.fullmatch(name) is not None,
            "1 to 80 letters, digits, hyphens and underscores (and .fifo for a FIFO queue)",
        ),
        rules.between("delaySeconds", 0, 900),
        rules.between("messageRetentionSeconds", 60, 1_209_600),
        rules.between("receiveWaitTimeSeconds", 0, 20),
        rules.between("visibilityTimeoutSeconds", 0, 43_200),
        rules.policy_document("policy"),
        rules.json_document("redrivePolicy", "redriveAllowPolicy"),
    ),
)

TYPES = (QUEUE,)
