"""Step Functions state machines."""

from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Answer, Computed, Given
from localcloud.provider.scope import Scope

TAGGING = Tagging(
    resource_argument="resourceArn",
    tag_operation="TagResource",
    tags_argument="tags",
    untag_operation="UntagResource",
    keys_argument="tagKeys",
    list_operation="ListTagsForResource",
    list_path="tags",
)


def _logging(scope: Scope) -> dict[str, Any] | None:
    """Return the logging configuration in the service's form: destinations are a list there."""
    wanted = scope.inputs.get("loggingConfiguration")
    if not isinstance(wanted, dict):
        return wanted
    configuration = {
        "level": wanted.get("level"),
        "includeExecutionData": wanted.get("includeExecutionData"),
    }
    if wanted.get("logDestination") is not None:
        group = {"logGroupArn": wanted["logDestination"]}
        configuration["destinations"] = [{"cloudWatchLogsLogGroup": group}]
    return {member: value for member, value in configuration.items() if value is not None}


_LOGGING = Computed(_logging, inputs=("loggingConfiguration",))

STATE_MACHINE = ResourceType(
    pulumi_type="aws:sfn/stateMachine:StateMachine",
    service="stepfunctions",
    create=Create(operation="CreateStateMachine", arguments={"loggingConfiguration": _LOGGING}),
    identifier=Answer("stateMachineArn"),
    read=(Read(operation="DescribeStateMachine", arguments={"stateMachineArn": ID}),),
    delete=(Call(operation="DeleteStateMachine", arguments={"stateMachineArn": ID}),),
    updates=(
        Update(
            operation="UpdateStateMachine",
            properties=("definition", "roleArn", "loggingConfiguration", "tracingConfiguration"),
            arguments={
                "stateMachineArn": ID,
                "definition": Given("definition"),
                "roleArn": Given("roleArn"),
                "loggingConfiguration": _LOGGING,
                "tracingConfiguration": Given("tracingConfiguration"),
            },
        ),
    ),
    outputs={
        "arn": "stateMachineArn",
        "loggingConfiguration": "loggingConfiguration.{level: level, "
        "includeExecutionData: includeExecutionData, "
        "logDestination: destinations[0].cloudWatchLogsLogGroup.logGroupArn}",
    },
    name_property="name",
    unsupported=frozenset({"publish", "encryptionConfiguration"}),
    tagging=TAGGING,
    rules=(rules.json_document("definition"),),
)

TYPES = (STATE_MACHINE,)
