"""EventBridge rules and their targets."""

from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging
from localcloud.provider.expressions import Computed, Given, Output
from localcloud.provider.scope import Scope

TAGGING = Tagging(
    resource_argument="ResourceARN",
    tag_operation="TagResource",
    tags_argument="Tags",
    untag_operation="UntagResource",
    list_operation="ListTagsForResource",
)

_DEFAULT_BUS = "default"


def _rule_id(scope: Scope) -> str:
    """Return a rule's id: its name, with its bus in front unless that is the default one."""
    name, bus = scope.inputs["name"], scope.inputs.get("eventBusName", _DEFAULT_BUS)
    return str(name) if bus == _DEFAULT_BUS else f"{bus}/{name}"


def _target_id(scope: Scope) -> str:
    """Return a target's id: its rule's and its own, with the bus in front as for rules."""
    parts = [scope.inputs["rule"], scope.inputs["targetId"]]
    bus = scope.inputs.get("eventBusName", _DEFAULT_BUS)
    return "-".join(parts if bus == _DEFAULT_BUS else [bus, *parts])


_RULE = {"Name": Given("name"), "EventBusName": Given("eventBusName")}

EVENT_RULE = ResourceType(
    pulumi_type="aws:cloudwatch/eventRule:EventRule",
    service="events",
    create=Create(operation="PutRule", arguments={"State": Given("state", otherwise="ENABLED")}),
    identifier=Computed(_rule_id),
    read=(Read(operation="DescribeRule", arguments=_RULE),),
    delete=(Call(operation="DeleteRule", arguments=_RULE),),
    repeat_create_for=("description", "eventPattern", "scheduleExpression", "state", "roleArn"),
    name_property="name",
    defaults={"eventBusName": _DEFAULT_BUS},
    provider_side=frozenset({"forceDestroy"}),
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    rules=(
        rules.json_document("eventPattern"),
        rules.one_of("eventPattern", "scheduleExpression"),
        rules.text(
            "scheduleExpression",
            lambda text: text.startswith(("rate(", "cron(")) and text.endswith(")"),
            "an expression rate(...) or cron(...)",
        ),
    ),
)


def _input_transformer(scope: Scope) -> dict[str, Any] | None:
    """Return how the event is rewritten for the target, in EventBridge's names."""
    transformer = scope.inputs.get("inputTransformer")
    if not isinstance(transformer, dict):
        return None
    names = {"inputPaths": "InputPathsMap", "inputTemplate": "InputTemplate"}
    return {names[name]: value for name, value in transformer.items() if value is not None}


_TARGETS_RULE = {"Rule": Given("rule"), "EventBusName": Given("eventBusName")}

EVENT_TARGET = ResourceType(
    pulumi_type="aws:cloudwatch/eventTarget:EventTarget",
    service="events",
    create=Create(
        operation="PutTargets",
        sends="nothing",
        arguments={
            **_TARGETS_RULE,
            "Targets": [
                {
                    "Id": Given("targetId"),
                    "Arn": Given("arn"),
                    "RoleArn": Given("roleArn"),
                    "Input": Given("input"),
                    "InputPath": Given("inputPath"),
                    "InputTransformer": Computed(_input_transformer, inputs=("inputTransformer",)),
                    "DeadLetterConfig": Given("deadLetterConfig"),
                    "RetryPolicy": Given("retryPolicy"),
                }
            ],
        },
        failure_path="FailedEntries[0].ErrorMessage",
    ),
    identifier=Computed(_target_id),
    read=(
        Read(
            operation="ListTargetsByRule",
            arguments=_TARGETS_RULE,
            path="Targets",
            where={"Id": Given("targetId")},
        ),
    ),
    delete=(
        Call(
            operation="RemoveTargets",
            arguments={**_TARGETS_RULE, "Ids": [Given("targetId")]},
            failure_path="FailedEntries[0].ErrorMessage",
        ),
    ),
    repeat_create_for=(
        "arn",
        "roleArn",
        "input",
        "inputPath",
        "inputTransformer",
        "deadLetterConfig",
        "retryPolicy",
    ),
    renames={"inputTransformer.inputPaths": "InputPathsMap"},
    name_property="targetId",
    defaults={"eventBusName": _DEFAULT_BUS},
    provider_side=frozenset({"forceDestroy"}),
)

TYPES = (EVENT_RULE, EVENT_TARGET)
