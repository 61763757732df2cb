"""KMS keys and their aliases."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Answer, Given, Is, Text

TAGGING = Tagging(
    resource_argument="KeyId",
    tag_operation="TagResource",
    tags_argument="Tags",
    untag_operation="UntagResource",
    list_operation="ListResourceTags",
)

KEY = ResourceType(
    pulumi_type="aws:kms/key:Key",
    service="kms",
    create=Create(operation="CreateKey"),
    identifier=Answer("KeyMetadata.KeyId"),
    read=(
        Read(
            operation="DescribeKey",
            arguments={"KeyId": ID},
            path="[KeyMetadata][?KeyState!='PendingDeletion'] | [0]",
        ),
        Read(
            operation="GetKeyRotationStatus",
            arguments={"KeyId": ID},
            path="{rotates: KeyRotationEnabled, rotationPeriodInDays: RotationPeriodInDays}",
        ),
        Read(
            operation="GetKeyPolicy",
            arguments={"KeyId": ID, "PolicyName": "default"},
            path="{policy: Policy}",
        ),
    ),
    # A key is never deleted at once: AWS keeps it for 7 to 30 days ("Deleting AWS KMS keys").
    delete=(
        Call(
            operation="ScheduleKeyDeletion",
            arguments={"KeyId": ID, "PendingWindowInDays": Given("deletionWindowInDays")},
        ),
    ),
    updates=(
        Update(
            operation="EnableKeyRotation",
            properties=("enableKeyRotation", "rotationPeriodInDays"),
            arguments={"KeyId": ID, "RotationPeriodInDays": Given("rotationPeriodInDays")},
            only_if=Is("enableKeyRotation", True),
        ),
        Update(
            operation="DisableKeyRotation",
            properties=("enableKeyRotation",),
            arguments={"KeyId": ID},
            only_if=Is("enableKeyRotation", False),
        ),
        Update(
            operation="EnableKey",
            properties=("isEnabled",),
            arguments={"KeyId": ID},
            only_if=Is("isEnabled", True),
        ),
        Update(
            operation="DisableKey",
            properties=("isEnabled",),
            arguments={"KeyId": ID},
            only_if=Is("isEnabled", False),
        ),
        Update(
            operation="UpdateKeyDescription",
            properties=("description",),
            arguments={"KeyId": ID, "Description": Given("description", otherwise="")},
        ),
        Update(
            operation="PutKeyPolicy",
            properties=("policy",),
            arguments={"KeyId": ID, "PolicyName": "default", "Policy": Given("policy")},
        ),
    ),
    renames={"customerMasterKeySpec": "KeySpec"},
    outputs={"isEnabled": "Enabled", "enableKeyRotation": "rotates"},
    provider_side=frozenset({"deletionWindowInDays"}),
    tagging=TAGGING,
    rules=(rules.between("deletionWindowInDays", 7, 30), rules.policy_document("policy")),
)

ALIAS = ResourceType(
    pulumi_type="aws:kms/alias:Alias",
    service="kms",
    create=Create(operation="CreateAlias"),
    identifier=Given("name"),
    read=(Read(operation="ListAliases", path="Aliases", where={"AliasName": ID}),),
    delete=(Call(operation="DeleteAlias", arguments={"AliasName": ID}),),
    updates=(
        Update(
            operation="UpdateAlias",
            properties=("targetKeyId",),
            arguments={"AliasName": ID, "TargetKeyId": Given("targetKeyId")},
        ),
    ),
    renames={"name": "AliasName"},
    outputs={
        "arn": "AliasArn",
        "targetKeyArn": Text("arn:aws:kms:{region}:{account}:key/{targetKeyId}"),
    },
    name_property="name",
    rules=(
        rules.text(
            "name",
            lambda name: name.startswith("alias/") and not name.startswith("alias/aws/"),
            "a name that begins with 'alias/' (and not 'alias/aws/', which AWS keeps)",
        ),
    ),
)

TYPES = (KEY, ALIAS)
