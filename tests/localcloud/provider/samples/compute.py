"""Samples of IAM, Lambda and Step Functions."""

import json

from tests.localcloud.provider.samples.registry import OTHER_TAGS, TAGS, sample
from tests.localcloud.provider.surroundings import allowing, policy

sample(
    "aws:iam/role:Role",
    lambda s: {
        "name": s.name("role-test"),
        "assumeRolePolicy": policy("lambda.amazonaws.com"),
        "description": "sample",
        "managedPolicyArns": [s.policy_arn],
        "inlinePolicies": [{"name": "one", "policy": allowing("logs:PutLogEvents")}],
        "tags": TAGS,
    },
    lambda s: {
        "assumeRolePolicy": policy("states.amazonaws.com"),
        "description": "changed",
        "maxSessionDuration": 7200,
        "managedPolicyArns": [],
        "inlinePolicies": [{"name": "two", "policy": allowing("logs:CreateLogStream")}],
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:iam/rolePolicy:RolePolicy",
    lambda s: {
        "role": s.role.resource_id,
        "name": "sample",
        "policy": allowing("s3:GetObject"),
    },
    lambda s: {"policy": allowing("s3:PutObject")},
)
sample(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    lambda s: {"role": s.role.resource_id, "policyArn": s.policy_arn},
)
sample(
    "aws:iam/policy:Policy",
    lambda s: {
        "name": s.name("policy-test"),
        "description": "sample",
        "policy": allowing("s3:GetObject"),
        "tags": TAGS,
    },
    lambda s: {"policy": allowing("s3:PutObject"), "tags": OTHER_TAGS},
)
sample(
    "aws:lambda/function:Function",
    lambda s: {
        "name": s.name("function-test"),
        "role": s.role.outputs["arn"],
        "runtime": "python3.12",
        "handler": "handler.handle",
        "code": s.archive("first"),
        "memorySize": 256,
        "timeout": 30,
        "environment": {"variables": {"ENVIRONMENT": "local", "LEVEL": "INFO"}},
        "vpcConfig": {"subnetIds": s.subnets, "securityGroupIds": [s.security_group]},
        "deadLetterConfig": {"targetArn": s.queue.outputs["arn"]},
        "tracingConfig": {"mode": "Active"},
        "loggingConfig": {"logFormat": "JSON", "logGroup": s.log_group.resource_id},
        "reservedConcurrentExecutions": 5,
        "publish": True,
        "tags": TAGS,
    },
    lambda s: {
        "code": s.archive("second"),
        "memorySize": 512,
        "environment": {"variables": {"ENVIRONMENT": "local"}},
        "deadLetterConfig": None,
        "reservedConcurrentExecutions": -1,
        "tags": OTHER_TAGS,
    },
)
sample(
    "aws:lambda/permission:Permission",
    lambda s: {
        "statementId": "AllowApi",
        "action": "lambda:InvokeFunction",
        "function": s.function.outputs["name"],
        "principal": "apigateway.amazonaws.com",
        "sourceArn": "arn:aws:execute-api:ap-southeast-1:123456789012:abc/*/*",
    },
)
sample(
    "aws:lambda/alias:Alias",
    lambda s: {
        "name": "live",
        "functionName": s.function.outputs["name"],
        "functionVersion": s.function.outputs["version"],
    },
    lambda s: {"description": "changed", "functionVersion": "$LATEST"},
)


def _definition(seconds: int) -> str:
    state = {"Type": "Wait", "Seconds": seconds, "End": True}
    return json.dumps({"StartAt": "Wait", "States": {"Wait": state}})


sample(
    "aws:sfn/stateMachine:StateMachine",
    lambda s: {
        "name": s.name("workflow"),
        "definition": _definition(1),
        "roleArn": s.workflow_role,
        "loggingConfiguration": {
            "level": "ALL",
            "includeExecutionData": True,
            "logDestination": f"{s.log_group.outputs['arn']}:*",
        },
        "tracingConfiguration": {"enabled": True},
        "tags": TAGS,
    },
    lambda s: {
        "definition": _definition(2),
        "tracingConfiguration": {"enabled": False},
        "tags": OTHER_TAGS,
    },
)
