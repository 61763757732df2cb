"""Samples of API Gateway."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample

sample(
    "aws:apigateway/restApi:RestApi",
    lambda s: {
        "name": s.name("api-test"),
        "description": "sample",
        "endpointConfiguration": {"types": "REGIONAL"},
        "tags": TAGS,
    },
    lambda s: {"description": "changed", "tags": OTHER_TAGS},
)
sample(
    "aws:apigateway/resource:Resource",
    lambda s: {
        "restApi": s.api.resource_id,
        "parentId": s.api.outputs["rootResourceId"],
        "pathPart": "{id}",
    },
)
sample(
    "aws:apigateway/method:Method",
    lambda s: {
        "restApi": s.api.resource_id,
        "resourceId": s.api_resource,
        "httpMethod": "GET",
        "authorization": "NONE",
        "apiKeyRequired": False,
        "requestParameters": {"method.request.querystring.limit": False},
    },
)
sample(
    "aws:apigateway/integration:Integration",
    lambda s: {
        **s.api_method,
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": s.function.outputs["invokeArn"],
        "timeoutMilliseconds": 29000,
    },
    lambda s: {"timeoutMilliseconds": 10000},
)
sample(
    "aws:apigateway/authorizer:Authorizer",
    lambda s: {
        "restApi": s.api.resource_id,
        "name": s.name("authorizer"),
        "type": "TOKEN",
        "authorizerUri": s.function.outputs["invokeArn"],
        "authorizerResultTtlInSeconds": 60,
        "identitySource": "method.request.header.Authorization",
    },
    lambda s: {"authorizerResultTtlInSeconds": 0},
)
sample(
    "aws:apigateway/deployment:Deployment",
    lambda s: {
        "restApi": s.api_with_integration,
        "description": "sample",
        "triggers": {"definition": "one"},
    },
)
sample(
    "aws:apigateway/stage:Stage",
    lambda s: {
        "restApi": s.api.resource_id,
        "stageName": "live",
        "deployment": s.deployment("first"),
        "description": "sample",
        "variables": {"alias": "one", "dropped": "yes"},
        "xrayTracingEnabled": True,
        "accessLogSettings": {
            "destinationArn": s.log_group.outputs["arn"],
            "format": '{"requestId": "$context.requestId"}',
        },
        "tags": TAGS,
    },
    lambda s: {
        "deployment": s.deployment("second"),
        "variables": {"alias": "two"},
        "xrayTracingEnabled": False,
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:apigateway/methodSettings:MethodSettings",
    lambda s: {
        **s.stage,
        "methodPath": "*/*",
        "settings": {
            "metricsEnabled": True,
            "loggingLevel": "INFO",
            "throttlingBurstLimit": 100,
            "throttlingRateLimit": 50,
        },
    },
    lambda s: {"settings": {"metricsEnabled": True, "loggingLevel": "ERROR"}},
)
sample(
    "aws:apigateway/account:Account",
    lambda s: {"cloudwatchRoleArn": s.role.outputs["arn"]},
    lambda s: {"cloudwatchRoleArn": s.workflow_role},
    stays=True,
)
sample(
    "aws:apigateway/response:Response",
    lambda s: {
        "restApiId": s.api.resource_id,
        "responseType": "UNAUTHORIZED",
        "statusCode": "401",
        "responseTemplates": {"application/json": '{"message": $context.error.messageString}'},
    },
    lambda s: {"responseParameters": {"gatewayresponse.header.Retry-After": "'1'"}},
)
sample(
    "aws:apigateway/requestValidator:RequestValidator",
    lambda s: {
        "restApi": s.api.resource_id,
        "name": s.name("validator"),
        "validateRequestBody": True,
    },
    lambda s: {"validateRequestParameters": True},
)
sample(
    "aws:apigateway/model:Model",
    lambda s: {
        "restApi": s.api.resource_id,
        "name": "Payment",
        "contentType": "application/json",
        "schema": json.dumps({"type": "object"}),
    },
    lambda s: {"schema": json.dumps({"type": "object", "required": ["amount"]})},
)
