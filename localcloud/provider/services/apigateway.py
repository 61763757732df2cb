"""API Gateway REST APIs: the API itself, its resources, methods and integrations."""

import json
from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import ID, Answer, Computed, Given, Text
from localcloud.provider.scope import Scope
from localcloud.provider.services.apigateway_patch import PatchOperations

TAGGING = Tagging(
    resource_argument="resourceArn",
    tag_operation="TagResource",
    tags_argument="tags",
    untag_operation="UntagResource",
    keys_argument="tagKeys",
    list_operation="GetTags",
    list_path="tags",
)

_API = {"restApiId": Given("restApi")}
_METHOD = {
    "restApiId": Given("restApi"),
    "resourceId": Given("resourceId"),
    "httpMethod": Given("httpMethod"),
}


def _policy(scope: Scope) -> Any:
    """Return the API's policy; API Gateway hands it out with its quotes escaped."""
    text = scope.live.get("policy")
    if not isinstance(text, str):
        return None
    try:
        json.loads(text)
    except ValueError:
        return text.replace('\\"', '"').replace("\\/", "/")
    return text


REST_API = ResourceType(
    pulumi_type="aws:apigateway/restApi:RestApi",
    service="apigateway",
    create=Create(operation="CreateRestApi"),
    identifier=Answer("id"),
    read=(
        Read(operation="GetRestApi", arguments={"restApiId": ID}),
        Read(
            operation="GetResources",
            arguments={"restApiId": ID},
            path="{root_id: items[?path=='/'].id | [0]}",
            all_pages=True,
        ),
    ),
    delete=(Call(operation="DeleteRestApi", arguments={"restApiId": ID}),),
    updates=(
        Update(
            operation="UpdateRestApi",
            properties=(
                "name",
                "description",
                "apiKeySource",
                "disableExecuteApiEndpoint",
                "policy",
            ),
            arguments={
                "restApiId": ID,
                "patchOperations": PatchOperations(
                    values={
                        "name": "/name",
                        "description": "/description",
                        "apiKeySource": "/apiKeySource",
                        "disableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
                        "policy": "/policy",
                    }
                ),
            },
        ),
    ),
    outputs={
        "arn": Text("arn:aws:apigateway:{region}::/restapis/{id}"),
        "executionArn": Text("arn:aws:execute-api:{region}:{account}:{id}"),
        "rootResourceId": "root_id",
        "policy": Computed(_policy),
    },
    name_property="name",
    tagging=TAGGING,
    tagged_resource=Text("arn:aws:apigateway:{region}::/restapis/{id}"),
    rules=(rules.policy_document("policy"),),
)

RESOURCE = ResourceType(
    pulumi_type="aws:apigateway/resource:Resource",
    service="apigateway",
    create=Create(operation="CreateResource"),
    identifier=Answer("id"),
    read=(Read(operation="GetResource", arguments={**_API, "resourceId": ID}),),
    delete=(Call(operation="DeleteResource", arguments={**_API, "resourceId": ID}),),
    renames={"restApi": "restApiId"},
    delete_before_replace=True,
)

METHOD = ResourceType(
    pulumi_type="aws:apigateway/method:Method",
    service="apigateway",
    create=Create(operation="PutMethod"),
    identifier=Text("agm-{restApi}-{resourceId}-{httpMethod}"),
    read=(Read(operation="GetMethod", arguments=_METHOD),),
    delete=(Call(operation="DeleteMethod", arguments=_METHOD),),
    renames={"restApi": "restApiId", "authorization": "authorizationType"},
    delete_before_replace=True,
    rules=(
        rules.allowed(
            "httpMethod", ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
        ),
        rules.allowed("authorization", ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")),
    ),
)

INTEGRATION = ResourceType(
    pulumi_type="aws:apigateway/integration:Integration",
    service="apigateway",
    create=Create(operation="PutIntegration"),
    identifier=Text("agi-{restApi}-{resourceId}-{httpMethod}"),
    read=(Read(operation="GetIntegration", arguments=_METHOD),),
    delete=(Call(operation="DeleteIntegration", arguments=_METHOD),),
    # PutIntegration sets up a method's integration anew, whatever it was before.
    repeat_create_for=(
        "connectionId",
        "connectionType",
        "contentHandling",
        "credentials",
        "integrationHttpMethod",
        "passthroughBehavior",
        "requestParameters",
        "requestTemplates",
        "timeoutMilliseconds",
        "type",
        "uri",
    ),
    renames={"restApi": "restApiId", "timeoutMilliseconds": "timeoutInMillis"},
    outputs={"httpMethod": Given("httpMethod"), "integrationHttpMethod": "httpMethod"},
    delete_before_replace=True,
    rules=(rules.between("timeoutMilliseconds", 50, 300_000),),
)

AUTHORIZER = ResourceType(
    pulumi_type="aws:apigateway/authorizer:Authorizer",
    service="apigateway",
    create=Create(operation="CreateAuthorizer"),
    identifier=Answer("id"),
    read=(Read(operation="GetAuthorizer", arguments={**_API, "authorizerId": ID}),),
    delete=(Call(operation="DeleteAuthorizer", arguments={**_API, "authorizerId": ID}),),
    updates=(
        Update(
            operation="UpdateAuthorizer",
            properties=(
                "name",
                "authorizerUri",
                "authorizerCredentials",
                "authorizerResultTtlInSeconds",
                "identitySource",
                "identityValidationExpression",
            ),
            arguments={
                **_API,
                "authorizerId": ID,
                "patchOperations": PatchOperations(
                    values={
                        "name": "/name",
                        "authorizerUri": "/authorizerUri",
                        "authorizerCredentials": "/authorizerCredentials",
                        "authorizerResultTtlInSeconds": "/authorizerResultTtlInSeconds",
                        "identitySource": "/identitySource",
                        "identityValidationExpression": "/identityValidationExpression",
                    }
                ),
            },
        ),
    ),
    renames={"restApi": "restApiId"},
    outputs={"arn": Text("arn:aws:apigateway:{region}::/restapis/{restApi}/authorizers/{id}")},
    name_property="name",
    defaults={"type": "TOKEN"},
    rules=(rules.between("authorizerResultTtlInSeconds", 0, 3600),),
)

REQUEST_VALIDATOR = ResourceType(
    pulumi_type="aws:apigateway/requestValidator:RequestValidator",
    service="apigateway",
    create=Create(operation="CreateRequestValidator"),
    identifier=Answer("id"),
    read=(Read(operation="GetRequestValidator", arguments={**_API, "requestValidatorId": ID}),),
    delete=(
        Call(operation="DeleteRequestValidator", arguments={**_API, "requestValidatorId": ID}),
    ),
    updates=(
        Update(
            operation="UpdateRequestValidator",
            properties=("name", "validateRequestBody", "validateRequestParameters"),
            arguments={
                **_API,
                "requestValidatorId": ID,
                "patchOperations": PatchOperations(
                    values={
                        "name": "/name",
                        "validateRequestBody": "/validateRequestBody",
                        "validateRequestParameters": "/validateRequestParameters",
                    }
                ),
            },
        ),
    ),
    renames={"restApi": "restApiId"},
    name_property="name",
    defaults={"validateRequestBody": False, "validateRequestParameters": False},
)

_MODEL = {**_API, "modelName": Given("name")}

MODEL = ResourceType(
    pulumi_type="aws:apigateway/model:Model",
    service="apigateway",
    create=Create(operation="CreateModel"),
    identifier=Answer("id"),
    read=(Read(operation="GetModel", arguments=_MODEL),),
    delete=(Call(operation="DeleteModel", arguments=_MODEL),),
    updates=(
        Update(
            operation="UpdateModel",
            properties=("description", "schema"),
            arguments={
                **_MODEL,
                "patchOperations": PatchOperations(
                    values={"description": "/description", "schema": "/schema"}
                ),
            },
        ),
    ),
    renames={"restApi": "restApiId"},
    name_property="name",
    rules=(
        rules.json_document("schema"),
        rules.text("name", str.isalnum, "letters and digits only"),
    ),
)

GATEWAY_RESPONSE = ResourceType(
    pulumi_type="aws:apigateway/response:Response",
    service="apigateway",
    create=Create(operation="PutGatewayResponse"),
    identifier=Text("aggr-{restApiId}-{responseType}"),
    read=(
        Read(
            operation="GetGatewayResponse",
            arguments={"restApiId": Given("restApiId"), "responseType": Given("responseType")},
        ),
    ),
    delete=(
        Call(
            operation="DeleteGatewayResponse",
            arguments={"restApiId": Given("restApiId"), "responseType": Given("responseType")},
        ),
    ),
    repeat_create_for=("statusCode", "responseParameters", "responseTemplates"),
    delete_before_replace=True,
)

ACCOUNT = ResourceType(
    pulumi_type="aws:apigateway/account:Account",
    service="apigateway",
    create=Create(
        operation="UpdateAccount",
        sends="nothing",
        arguments={
            "patchOperations": [
                {
                    "op": "replace",
                    "path": "/cloudwatchRoleArn",
                    "value": Given("cloudwatchRoleArn", otherwise=""),
                }
            ]
        },
    ),
    identifier=Text("api-gateway-account"),
    read=(Read(operation="GetAccount"),),
    # An account's settings cannot be deleted, only emptied.
    delete=(
        Call(
            operation="UpdateAccount",
            arguments={
                "patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]
            },
        ),
    ),
    repeat_create_for=("cloudwatchRoleArn",),
    # pulumi_aws has a list where the API has the one object
    outputs={"throttleSettings": "[throttleSettings]"},
)

TYPES = (
    REST_API,
    RESOURCE,
    METHOD,
    INTEGRATION,
    AUTHORIZER,
    REQUEST_VALIDATOR,
    MODEL,
    GATEWAY_RESPONSE,
    ACCOUNT,
)
