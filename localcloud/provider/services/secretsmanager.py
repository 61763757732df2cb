"""Rotation of Secrets Manager's secrets. The secrets themselves are fetched, never created."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType
from localcloud.provider.expressions import ID, Answer, Given

ROTATION = ResourceType(
    pulumi_type="aws:secretsmanager/secretRotation:SecretRotation",
    service="secretsmanager",
    create=Create(
        operation="RotateSecret",
        arguments={"RotateImmediately": Given("rotateImmediately")},
    ),
    identifier=Answer("ARN"),
    # A secret outlives its rotation: one that is turned off is a rotation that is gone.
    read=(
        Read(
            operation="DescribeSecret",
            arguments={"SecretId": ID},
            path="[@][?RotationEnabled] | [0]",
        ),
    ),
    delete=(Call(operation="CancelRotateSecret", arguments={"SecretId": ID}),),
    repeat_create_for=("rotationLambdaArn", "rotationRules"),
    renames={"rotationLambdaArn": "RotationLambdaARN"},
    outputs={"secretId": "ARN"},
    # It goes with a change of the others, and is no property of the secret.
    write_only=frozenset({"rotateImmediately"}),
    provider_side=frozenset({"rotateImmediately"}),
    unsupported=frozenset({"externalSecretRotationMetadatas", "externalSecretRotationRoleArn"}),
    rules=(rules.text("secretId", lambda arn: arn.startswith("arn:"), "a secret's ARN"),),
)

TYPES = (ROTATION,)
