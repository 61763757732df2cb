"""Lambda functions, permissions and aliases."""

from localcloud.provider import rules
from localcloud.provider.archives import zip_bytes
from localcloud.provider.definition import (
    Call,
    Create,
    Read,
    ResourceType,
    Tagging,
    Update,
    Waiter,
)
from localcloud.provider.expressions import ID, Computed, Given, Is, Output, Text
from localcloud.provider.scope import Scope
from localcloud.provider.wire import is_archive

TAGGING = Tagging(
    resource_argument="Resource",
    tag_operation="TagResource",
    tags_argument="Tags",
    untag_operation="UntagResource",
    list_operation="ListTags",
)


def _zip_file(scope: Scope) -> bytes | None:
    code = scope.inputs.get("code")
    return zip_bytes(code) if code is not None and is_archive(code) else None


_CODE = {
    "ZipFile": Computed(_zip_file, inputs=("code",)),
    "S3Bucket": Given("s3Bucket"),
    "S3Key": Given("s3Key"),
    "S3ObjectVersion": Given("s3ObjectVersion"),
    "ImageUri": Given("imageUri"),
}

_CODE_PROPERTIES = (
    "code",
    "s3Bucket",
    "s3Key",
    "s3ObjectVersion",
    "imageUri",
    "architectures",
    "sourceCodeHash",
)

_CONFIGURATION = (
    "description",
    "handler",
    "runtime",
    "role",
    "memorySize",
    "timeout",
    "environment",
    "vpcConfig",
    "layers",
    "deadLetterConfig",
    "kmsKeyArn",
    "tracingConfig",
    "ephemeralStorage",
    "loggingConfig",
)

FUNCTION = ResourceType(
    pulumi_type="aws:lambda/function:Function",
    service="lambda",
    create=Create(operation="CreateFunction", arguments={"Code": _CODE}),
    identifier=Given("name"),
    read=(
        Read(operation="GetFunction", arguments={"FunctionName": ID}, path="Configuration"),
        Read(
            operation="ListVersionsByFunction",
            arguments={"FunctionName": ID},
            path="{Version: Versions[-1].Version, qualified_arn: Versions[-1].FunctionArn}",
            all_pages=True,
        ),
        Read(
            operation="GetFunctionConcurrency",
            arguments={"FunctionName": ID},
            path="{reservedConcurrentExecutions: ReservedConcurrentExecutions || `-1`}",
        ),
    ),
    delete=(Call(operation="DeleteFunction", arguments={"FunctionName": ID}),),
    updates=(
        Update(
            operation="UpdateFunctionConfiguration",
            sends="changed",
            properties=_CONFIGURATION,
            arguments={"FunctionName": ID},
            resets={
                "description": "",
                "memorySize": 128,
                "timeout": 3,
                "environment": {"variables": {}},
                "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
                "layers": [],
                "deadLetterConfig": {"targetArn": ""},
                "kmsKeyArn": "",
                "tracingConfig": {"mode": "PassThrough"},
                "ephemeralStorage": {"size": 512},
                "loggingConfig": {"logFormat": "Text"},
            },
        ),
        Update(
            operation="UpdateFunctionCode",
            properties=_CODE_PROPERTIES,
            arguments={"FunctionName": ID, "Architectures": Given("architectures"), **_CODE},
        ),
        Update(
            operation="PublishVersion",
            properties=("publish", *_CONFIGURATION, *_CODE_PROPERTIES),
            arguments={"FunctionName": ID},
            only_if=Is("publish", True),
        ),
        Update(
            operation="PutFunctionConcurrency",
            properties=("reservedConcurrentExecutions",),
            arguments={
                "FunctionName": ID,
                "ReservedConcurrentExecutions": Given("reservedConcurrentExecutions"),
            },
            only_if=Computed(
                lambda scope: scope.inputs.get("reservedConcurrentExecutions", -1) != -1,
            ),
        ),
        Update(
            operation="DeleteFunctionConcurrency",
            properties=("reservedConcurrentExecutions",),
            arguments={"FunctionName": ID},
            only_if=Computed(
                lambda scope: scope.inputs.get("reservedConcurrentExecutions", -1) == -1,
                inputs=("reservedConcurrentExecutions",),
            ),
        ),
    ),
    renames={"name": "FunctionName"},
    outputs={
        "arn": "FunctionArn",
        "qualifiedArn": "qualified_arn",
        "sourceCodeSize": "CodeSize",
        "invokeArn": Text(
            "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        ),
        "qualifiedInvokeArn": Text(
            "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{qualifiedArn}"
            "/invocations"
        ),
    },
    name_property="name",
    write_only=frozenset({*_CODE_PROPERTIES, "publish"} - {"architectures"}),
    ordered=frozenset({"layers"}),
    provider_side=frozenset({"sourceCodeHash"}),
    tagging=TAGGING,
    tagged_resource=Output("arn"),
    wait_created=Waiter(name="function_active_v2", arguments={"FunctionName": ID}),
    rules=(
        rules.one_of("code", "s3Bucket", "imageUri"),
        rules.between("memorySize", 128, 10240),
        rules.between("timeout", 1, 900),
        rules.between("reservedConcurrentExecutions", -1, 100_000),
    ),
)

_PERMISSION = {
    "FunctionName": Given("function"),
    "StatementId": ID,
    "Qualifier": Given("qualifier"),
}

PERMISSION = ResourceType(
    pulumi_type="aws:lambda/permission:Permission",
    service="lambda",
    create=Create(operation="AddPermission"),
    identifier=Given("statementId"),
    read=(
        Read(
            operation="GetPolicy",
            arguments={"FunctionName": Given("function"), "Qualifier": Given("qualifier")},
            json_text="Policy",
            path="Policy.Statement",
            where={"Sid": ID},
        ),
    ),
    delete=(Call(operation="RemovePermission", arguments=_PERMISSION),),
    renames={"function": "FunctionName", "principalOrgId": "PrincipalOrgID"},
    outputs={
        "statementId": "Sid",
        "principal": "Principal.Service || Principal.AWS || Principal",
        "sourceArn": 'Condition.ArnLike."AWS:SourceArn"',
        "sourceAccount": 'Condition.StringEquals."AWS:SourceAccount"',
    },
    name_property="statementId",
    delete_before_replace=True,
    # AWS turns an account into the ARN of its root user here.
    write_only=frozenset({"principal"}),
)

ALIAS = ResourceType(
    pulumi_type="aws:lambda/alias:Alias",
    service="lambda",
    create=Create(operation="CreateAlias"),
    identifier=Text("{functionName}/{name}"),
    read=(
        Read(
            operation="GetAlias",
            arguments={"FunctionName": Given("functionName"), "Name": Given("name")},
        ),
    ),
    delete=(
        Call(
            operation="DeleteAlias",
            arguments={"FunctionName": Given("functionName"), "Name": Given("name")},
        ),
    ),
    updates=(
        Update(
            operation="UpdateAlias",
            properties=("description", "functionVersion", "routingConfig"),
            arguments={
                "FunctionName": Given("functionName"),
                "Name": Given("name"),
                "FunctionVersion": Given("functionVersion"),
                "Description": Given("description", otherwise=""),
                "RoutingConfig": Given("routingConfig", otherwise={"AdditionalVersionWeights": {}}),
            },
        ),
    ),
    outputs={
        "arn": "AliasArn",
        "invokeArn": Text(
            "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
        ),
    },
    name_property="name",
    import_parts=("/", ("functionName", "name")),
)

TYPES = (FUNCTION, PERMISSION, ALIAS)
