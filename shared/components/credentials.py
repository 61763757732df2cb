"""Credentials that exist already: fetched by their secret's name, never created here."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context
from shared.existing_secrets import ExistingSecret


@dataclass(frozen=True)
class Credentials:
    """A database login. Both values are secret in Pulumi's state."""

    username: pulumi.Output[str]
    password: pulumi.Output[str]


def fetch_credentials(context: Context, secret: ExistingSecret) -> Credentials:
    """Return the login that the secret holds as JSON, with its value fetched on every run."""
    version = aws.secretsmanager.get_secret_version_output(
        secret_id=secret.name(context.environment)
    )
    text: pulumi.Output[str] = pulumi.Output.secret(version.secret_string)
    login = text.apply(lambda value: dict(json.loads(value)))
    return Credentials(username=login["username"], password=login["password"])


def secret_arn(context: Context, secret: ExistingSecret) -> pulumi.Output[str]:
    """Return the ARN of the secret, without reading its value."""
    return aws.secretsmanager.get_secret_output(name=secret.name(context.environment)).arn
