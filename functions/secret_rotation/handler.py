"""Lambda entry point of secret rotation, called by Secrets Manager once for each step.

    {"Step": "createSecret", "SecretId": arn, "ClientRequestToken": version}

An exception tells Secrets Manager that the rotation failed; it repeats the whole of it later, with
the same token. Neither the log nor an error has a secret's value.
"""

import functools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.runtime.settings import load
from functions.secret_rotation.request import Request
from functions.secret_rotation.settings import Settings
from functions.secret_rotation.wiring import rotation

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Take one step of a rotation. Raises functions.runtime.errors.FunctionError."""
    request = Request.parse(event)
    logger.append_keys(secret=request.secret_arn, version=request.token)
    taken = rotation(_settings(), request).take(request.step)
    logger.info(f"{request.step} {'done' if taken else 'not needed: the version is current'}")


@functools.cache
def _settings() -> Settings:
    return load(Settings)
