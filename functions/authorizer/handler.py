"""Lambda entry point of the API's TOKEN authorizer.

Source: API Gateway developer guide, "Use API Gateway Lambda authorizers": the exception with the
text `Unauthorized` becomes a 401, a policy that denies a 403, any other exception a 500.
"""

import functools
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.authorizer.keys import TokenVerifier
from functions.authorizer.policy import ApiStage, response
from functions.authorizer.tokens import InvalidTokenError, bearer_token
from functions.runtime import aws
from functions.runtime.secrets import SecretReader
from functions.runtime.settings import load

logger = Logger()


@dataclass(frozen=True)
class Settings:
    """One field per environment variable."""

    jwt_secret_arn: str


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return the policy of the token in `event`.

    Raises Exception("Unauthorized") for a token that is absent, invalid or expired, SecretError
    or KeyUnusableError when no token can be verified at all: either way nothing is allowed.
    """
    try:
        principal = _verifier().verify(bearer_token(event.get("authorizationToken") or ""))
    except InvalidTokenError as error:
        logger.info("token refused", extra={"reason": str(error)})
        # API Gateway compares the text; the class does not matter to it.
        raise Exception("Unauthorized") from None
    answer = response(principal, ApiStage.of_method(event["methodArn"]))
    logger.debug("token accepted", extra={"scopes": sorted(principal.scopes)})
    return answer


@functools.cache
def _verifier() -> TokenVerifier:
    settings = load(Settings)
    return TokenVerifier(SecretReader(aws.client("secretsmanager")), settings.jwt_secret_arn)
