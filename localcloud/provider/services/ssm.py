"""Systems Manager parameters."""

from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Computed, Given
from localcloud.provider.scope import Scope

TAGGING = Tagging(
    resource_argument="ResourceId",
    tag_operation="AddTagsToResource",
    tags_argument="Tags",
    untag_operation="RemoveTagsFromResource",
    list_operation="ListTagsForResource",
    list_path="TagList",
    constants={"ResourceType": "Parameter"},
)


def _value(scope: Scope) -> Any:
    value = scope.inputs.get("value")
    return scope.inputs.get("insecureValue") if value is None else value


_VALUE = {"Value": Computed(_value, inputs=("value", "insecureValue"))}

PARAMETER = ResourceType(
    pulumi_type="aws:ssm/parameter:Parameter",
    service="ssm",
    create=Create(operation="PutParameter", arguments=_VALUE),
    identifier=Given("name"),
    read=(
        Read(
            operation="GetParameter",
            arguments={"Name": ID, "WithDecryption": True},
            path="Parameter",
        ),
        Read(
            operation="DescribeParameters",
            arguments={"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [ID]}]},
            path="Parameters[0].{Description: Description, KeyId: KeyId, Tier: Tier, "
            "AllowedPattern: AllowedPattern}",
        ),
    ),
    delete=(Call(operation="DeleteParameter", arguments={"Name": ID}),),
    updates=(
        Update(
            operation="PutParameter",
            sends="all",
            properties=(
                "value",
                "insecureValue",
                "type",
                "description",
                "tier",
                "keyId",
                "allowedPattern",
                "overwrite",
            ),
            arguments={**_VALUE, "Overwrite": True},
        ),
    ),
    outputs={
        "arn": "ARN",
        "insecureValue": "Type != 'SecureString' && Value || null",
    },
    name_property="name",
    write_only=frozenset({"overwrite"}),
    tagging=TAGGING,
    rules=(rules.one_of("value", "insecureValue"),),
)

TYPES = (PARAMETER,)
