"""Names of services in ``arn:aws:states:::aws-sdk:{service}:{action}``, and in its errors.

Step Functions uses the names of AWS's SDK for Java 2 ("Supported AWS SDK service integrations"),
where boto3 has its own.
"""

import re

BOTO_NAMES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "servicequotas": "service-quotas",
}
"""Service in the resource's ARN to boto3's name, where the two differ."""

ERROR_PREFIXES = {
    "apigateway": "ApiGateway",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "databasemigration": "DatabaseMigration",
    "ec2": "Ec2",
    "eventbridge": "EventBridge",
    "iam": "Iam",
    "kms": "Kms",
    "lambda": "Lambda",
    "rds": "Rds",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "sts": "Sts",
}
"""Service in the resource's ARN to the prefix of its errors, ``Ssm.ParameterNotFoundException``."""


def exception_name(prefix: str, error: Exception) -> str:
    """Return the name that a state machine catches, ``Rds.DbClusterNotFoundException``.

    `error` is boto3's: a class named as the API's error, or plain ClientError for an error that
    the API's model does not have. The naming is that of AWS's SDK for Java 2.
    """
    name = type(error).__name__
    if name == "ClientError":
        return f"{prefix}.{prefix}Exception"
    base = _pascal_case(name.removesuffix("Fault"))
    return f"{prefix}.{base if base.endswith('Exception') else f'{base}Exception'}"


def _pascal_case(name: str) -> str:
    """Return a name with each run of capitals as one word: ``DBCluster`` is ``DbCluster``."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|[0-9]+", name)
    return "".join(word.capitalize() for word in words)
